/* What a request's head costs: cmake --build --preset release --target bench_http && build/release/bench_http */
#include "measure.h"
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

struct desk {
        struct http_names  names;
        struct http_limits limits;
        struct http_header headers[100];
        struct slice       client[HEADER_COUNT], head;
        char               data[4096];
        size_t             times;
};

static void pass(void *context)
{
        struct desk *desk = context;
        for (size_t time = 0; time < desk->times; time++) {
                struct http_request request = { .headers = desk->headers, .client = desk->client };
                size_t size = 0;
                enum http_fault fault;
                memset(desk->client, 0, sizeof(desk->client));
                BUG_IF(http_parse(&desk->names, &desk->limits, desk->head, &request, &size, &fault) != HTTP_DONE ||
                       size != desk->head.size);
        }
}

int main(void)
{
        static struct desk desk = { .limits = { .head = 16384, .target = 8192, .headers = COUNT_OF(desk.headers) } };
        desk.times = measure_events(100000);
        http_names_init(&desk.names);
        for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
                char name[100];
                desk.head = (struct slice){ desk.data, strlen(HEADS[i].text) };
                memcpy(desk.data, HEADS[i].text, desk.head.size);
                (void)snprintf(name, sizeof(name), "head: %s, %zu bytes", HEADS[i].name, desk.head.size);
                (void)measure(name, pass, &desk, desk.times);
        }
        return 0;
}
