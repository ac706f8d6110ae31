/* What a request's head costs: cmake --build --preset release --target bench_http && build/release/bench_http */
#include "base/clock.h"
#include "server/http.h"

#define AGENT                                                                                                                    \
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
#define START "POST /v1/events HTTP/1.1\r\nHost: collector.example.com\r\n"
static const struct { const char *name, *text; } HEADS[] = {
        { "SDK, 8 lines", START AGENT "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nContent-Type: application/json\r\n"
          "Content-Length: 670\r\nConnection: keep-alive\r\n\r\n" },
        { "browser, 17 lines", START "Connection: keep-alive\r\nContent-Length: 670\r\n"
          "sec-ch-ua: \"Chromium\";v=\"120\", \"Google Chrome\";v=\"120\"\r\nsec-ch-ua-platform: \"Linux\"\r\n"
          "sec-ch-ua-mobile: ?0\r\n" AGENT "Content-Type: application/json\r\nAccept: */*\r\n"
          "Origin: https://shop.example.com\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
          "Referer: https://shop.example.com/\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n"
          "Cookie: a=0123456789abcdef; b=0123456789abcdef0123456789abcdef\r\n\r\n" },
};

int main(void)
{
        enum { ROUNDS = 15, TIMES = 100000 };
        static struct http_header headers[100];
        static struct slice client[HEADER_COUNT];
        static char data[4096];
        const struct http_limits limits = { .head = 16384, .target = 8192, .headers = COUNT_OF(headers) };
        struct http_names names;
        http_names_init(&names);
        for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
                struct slice head = { data, strlen(HEADS[i].text) };
                int64_t best = INT64_MAX;
                memcpy(data, HEADS[i].text, head.size);
                for (size_t round = 0; round < ROUNDS; round++) {
                        int64_t start = clock_nanoseconds();
                        for (size_t time = 0; time < TIMES; time++) {
                                struct http_request request = { .headers = headers, .client = client };
                                size_t size = 0;
                                enum http_fault fault;
                                memset(client, 0, sizeof(client));
                                BUG_IF(http_parse(&names, &limits, head, &request, &size, &fault) != HTTP_DONE ||
                                       size != head.size);
                        }
                        int64_t took = clock_nanoseconds() - start;
                        best = took < best ? took : best;
                }
                printf("%-20s %4zu bytes %7.1f ns\n", HEADS[i].name, head.size, (double)best / TIMES);
        }
        return 0;
}
