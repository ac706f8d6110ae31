/* For tests/suite/consent: lines of VENDOR, a space and a TCF string in, what the string says out. */
#include "enrich/tcf.h"

static void print_mask(uint32_t mask)
{
        const char *comma = " ";
        if (!mask)
                fputs(" -", stdout);
        for (unsigned number = 1; mask; number++, mask >>= 1)
                if (mask & 1) {
                        printf("%s%u", comma, number);
                        comma = ",";
                }
}

int main(void)
{
        char line[4 * TCF_MAX];
        while (fgets(line, sizeof(line), stdin)) {
                char *rest = NULL;
                struct tcf tcf;
                unsigned long vendor = strtoul(line, &rest, 10);
                struct slice text = { rest + 1, strcspn(rest + 1, "\n") };
                if (!tcf_read(text, (uint16_t)vendor, &tcf)) {
                        puts("broken");
                        continue;
                }
                printf("%lld %lld %u %u %u %u", (long long)tcf.created, (long long)tcf.updated, tcf.cmp, tcf.cmp_version,
                       tcf.vendor_list, tcf.policy);
                print_mask(tcf.purposes);
                print_mask(tcf.interests);
                print_mask(tcf.features);
                printf(" %.2s %d %d\n", tcf.country, tcf.vendor_consent, tcf.vendor_interest);
        }
        return 0;
}
