/* Writes a database of networks. Usage: mmdb_write FILE < NETWORKS, which are JSON as in tests/unit/enrich/mmdb_writer.h. */
#include "enrich/mmdb_writer.h"

int main(int argc, char **argv)
{
        static struct mmdb_writer writer;
        static char networks[1 << 16];
        size_t size = fread(networks, 1, sizeof(networks) - 1, stdin);
        FILE *file = argc == 2 && size > 0 ? fopen(argv[1], "we") : NULL;
        if (!file)
                return 2;
        struct slice bytes = mmdb_write(&writer, 24, 6, networks);
        bool written = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
        mmdb_writer_done(&writer);
        return fclose(file) == 0 && written ? 0 : 1;
}
