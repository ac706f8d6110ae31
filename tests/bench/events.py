#!/usr/bin/env python3
"""Events for the benchmarks, and HTTP requests made of them. Deterministic: the same on every machine. The events are of the
sample plan, in envelopes with a context as SDKs send it. By itself it prints events, one a line: events.py COUNT"""
import dataclasses
import itertools
import json
import random
import subprocess
import sys
import uuid

SEED = 20261121
draw = random.Random(SEED)
WORDS = "river mill stone wheel grain flour water north field harvest bread oven bell tower bridge lantern".split()


def words(count):
    return " ".join(draw.choice(WORDS) for _ in range(count)).capitalize()


def identifier():
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def product():
    number = draw.randrange(100000)
    return {"product_id": f"P-{number}", "sku": f"P-{number}-{draw.choice('SML')}", "name": words(3),
            "brand": draw.choice(["Acme", "Norden", "Mühlbach"]), "category": draw.sample(WORDS, 2),
            "price": draw.randrange(100, 99999) / 100, "currency": draw.choice(["EUR", "USD", "GBP"])}


def page_view():
    data = {"url": f"https://shop.example/{draw.choice(WORDS)}/{draw.randrange(10000)}?q={draw.choice(WORDS)}",
            "title": words(4), "name": draw.choice(["home", "product", "search_results", "cart"]),
            "load_time_ms": draw.randrange(80, 4000)}
    if draw.random() < 0.5:
        data["attributes"] = {"ab_test": draw.choice("ab"), "logged_in": draw.random() < 0.3, "depth": draw.randrange(20)}
    return data


def screen_view():
    return {"name": draw.choice(["home", "product_detail", "cart"]), "screen_id": identifier(),
            "transition": draw.choice(["tap", "swipe"])}


def add_to_cart():
    return {"cart_id": f"c-{draw.randrange(10**8)}", **product(), "quantity": draw.randrange(1, 5)}


def order_completed():
    items = [{"product_id": f"P-{draw.randrange(100000)}", "name": words(3), "quantity": draw.randrange(1, 4),
              "price": draw.randrange(100, 99999)}
             for _ in range(draw.randrange(1, 5))]
    return {"order_id": f"O-{draw.randrange(10**8)}", "currency": "EUR", "total": sum(item["price"] for item in items),
            "payment_method": draw.choice(["card", "paypal", "invoice"]), "items": items}


def video_played():
    return {"video_id": f"v-{draw.randrange(10**6)}", "title": words(4), "live": False, "position_s": draw.randrange(900),
            "duration_s": draw.randrange(900, 5400) + 0.5, "quality": draw.choice(["720p", "1080p", "2160p"]),
            "muted": draw.random() < 0.4}


def bet_placed():
    selection = {"event_id": f"m-{draw.randrange(10**5)}", "market": "match_winner", "outcome": "home",
                 "odds": draw.randrange(110, 900) / 100, "starts_at": "2026-11-21T15:00:00Z"}
    return {"bet_id": f"b-{draw.randrange(10**9)}", "type": "single", "currency": "EUR",
            "stake": draw.randrange(100, 10000) / 100, "jurisdiction": "MT", "selections": [selection]}


MODELS = [(page_view, "1-0-0", 35), (screen_view, "1-0-0", 15), (add_to_cart, "1-0-0", 15), (order_completed, "2-0-0", 10),
          (video_played, "1-0-0", 15), (bet_placed, "1-0-0", 10)]


PAGES, CAMPAIGNS = 2000, 50
WEIGHTS = list(itertools.accumulate(1 / rank for rank in range(1, PAGES + 1)))


def page(data):
    """What a browser's SDK adds: the page, where it came from, and for some the campaign in its address. Some pages are read far
    more than others, by Zipf's law."""
    number = draw.choices(range(PAGES), cum_weights=WEIGHTS)[0]
    campaign = draw.choices(range(CAMPAIGNS), cum_weights=WEIGHTS[:CAMPAIGNS])[0]
    address = f"https://shop.example/{WORDS[number % len(WORDS)]}/{number}.html"
    query = f"?utm_source={WORDS[campaign % 5]}&utm_medium=email&utm_campaign={WORDS[campaign % len(WORDS)]}-{campaign}"
    return {"url": address + query if draw.random() < 0.3 else address, "title": data.get("title") or words(3),
            "referrer": draw.choice(["https://www.google.com/", "https://news.example/today", "https://t.co/", ""])}


def event(rich=False):
    """Rich: with what every enrichment of the default order reads."""
    model, version, _ = draw.choices(MODELS, [weight for _, _, weight in MODELS])[0]
    width, data = draw.choice([390, 412, 1440, 1920]), model()
    context = {"locale": draw.choice(["en-GB", "de-DE", "fr-FR"]), "timezone": "Europe/Berlin",
               "screen": {"width": width, "height": width * 9 // 16, "density": draw.choice([1, 2, 3])}}
    if rich:
        context.update(page=page(data), app={"name": "shop", "version": f"4.{draw.randrange(20)}.1", "build": "4120"},
                       library={"name": "analytics.js", "version": f"2.{draw.randrange(5)}.0"})
        context["timezone"] = draw.choice(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"])
    return {"id": identifier(), "dataschema": f"iglu:com.acme/{model.__name__}/jsonschema/{version}",
            "source": "https://shop.example",
            "time": f"2026-11-21T12:{draw.randrange(60):02}:{draw.randrange(60):02}.{draw.randrange(1000):03}Z",
            "anonymousId": identifier(), "sessionId": identifier(), "context": context, "data": data}


def agent():
    chrome, minor = draw.randrange(100, 130), draw.randrange(0, 200)
    return draw.choice([
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Linux; Android {draw.randrange(9, 15)}; SM-G{draw.randrange(900, 999)}B) AppleWebKit/537.36 "
        f"(KHTML, like Gecko) Chrome/{chrome}.0.{minor}.10 Mobile Safari/537.36",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS {draw.randrange(14, 19)}_{draw.randrange(7)} like Mac OS X) AppleWebKit/605.1.15 "
        f"(KHTML, like Gecko) Version/{draw.randrange(14, 19)}.0 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{chrome}.0) Gecko/20100101 Firefox/{chrome}.0",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        f"Version/{draw.randrange(14, 19)}.1 Safari/605.1.15",
    ])


# ---- other kinds of agents, schemas and sizes ----
def agents_distinct(count):
    found = {}
    while len(found) < count:
        base = agent()
        if len(found) >= 400:              # more than that differ as apps do, by what they add
            base += f" shop/{draw.randrange(1, 12)}.{draw.randrange(60)}.{draw.randrange(40)}"
        found[base] = True
    return list(found)


def zipf(items, count):
    """`count` of the items: the n-th as often as 1/n of the first."""
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(items) + 1)))
    return draw.choices(items, cum_weights=weights, k=count)


def registry_of_copies(source, folder, copies):
    """The plan's schemas, each under so many names: page_view, page_view_1 ... Answers how many schemas there are."""
    for model, version, _ in MODELS:
        text = json.loads((source / "com.acme" / model.__name__ / "jsonschema" / version).read_text())
        for copy in range(copies):
            name = f"{model.__name__}_{copy}" if copy else model.__name__
            text["self"]["name"] = name
            place = folder / "com.acme" / name / "jsonschema"
            place.mkdir(parents=True, exist_ok=True)
            (place / version).write_text(json.dumps(text, indent=2))
    return copies * len(MODELS)


PARCEL = "com.bench/parcel/1-0-0"


def registry_of_parcels(folder):
    """One schema whose events may have any size: a list of things."""
    thing = {"type": "object", "required": ["sku", "quantity"], "additionalProperties": False, "properties": {
        "sku": {"type": "string", "pattern": "^P-[0-9]{5}$"}, "name": {"type": "string", "maxLength": 200},
        "price": {"type": "number", "minimum": 0}, "quantity": {"type": "integer", "minimum": 0, "maximum": 99}}}
    text = {"type": "object", "required": ["items"], "additionalProperties": False,
            "properties": {"items": {"type": "array", "items": thing}}}
    place = folder / "com.bench" / "parcel" / "jsonschema"
    place.mkdir(parents=True)
    (place / "1-0-0").write_text(json.dumps(text))


def things(count):
    for _ in range(count):
        yield text_of({"sku": f"P-{draw.randrange(10000, 99999)}", "name": words(4), "price": draw.randrange(99999) / 100,
                       "quantity": draw.randrange(9)})


def parcel(size, pool):
    """A bare payload of about so many bytes."""
    items, left = [], size - 50
    while left > 0:
        items.append(draw.choice(pool))
        left -= len(items[-1]) + 1
    return '{"items":[' + ",".join(items) + "]}"


def places_write(program, path):
    """A database of places for the addresses of rich traffic, in the MaxMind format; program: mmdb_write of the build."""
    networks = {f"81.2.{i}.0/24": {
        "country": {"iso_code": ["DE", "GB", "US"][i % 3]}, "city": {"names": {"en": f"Town {i}"}},
        "location": {"latitude": 50.5 + i / 100, "longitude": 7.25, "time_zone": "Europe/Berlin"},
        "autonomous_system_number": 64500 + i} for i in range(200)}
    subprocess.run([program, path], input=json.dumps(networks), text=True, check=True)


# ---- requests ----
@dataclasses.dataclass(frozen=True)
class Traffic:
    per: int = 1                # events a request
    events: int = 20000
    agents: int = 0             # distinct user agents, by Zipf's law; 0: some 400, all as often
    bad: float = 0              # share that violates its schema
    broken: float = 0           # share that is not JSON
    rich: bool = False          # with what every enrichment reads, and an address before a proxy
    copies: int = 0             # schemas: each model under so many names, by Zipf's law
    size: int = 0               # bytes of a bare payload of PARCEL, instead of an event of the plan


def text_of(one):
    return json.dumps(one, ensure_ascii=False, separators=(",", ":"))


def event_text(traffic, place, suffix):
    one = event(traffic.rich)
    spread = place * 7919 % 1000 / 1000                 # spreads the bad ones evenly
    if spread < traffic.bad:
        one["data"]["misspelt"] = 1
    if suffix:
        one["dataschema"] = one["dataschema"].replace("/jsonschema", f"_{suffix}/jsonschema")
    text = text_of(one)
    return text[:draw.randrange(20, len(text) - 1)] if traffic.bad <= spread < traffic.bad + traffic.broken else text


def request(traffic, lines, agent, address):
    body = "\n".join(lines).encode()
    path = f"/v1/events/{PARCEL}" if traffic.size else "/v1/events"
    kind = "application/x-ndjson" if traffic.per > 1 else "application/json"
    proxy = f"X-Forwarded-For: {address}\r\n" if address else ""
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nUser-Agent: {agent}\r\n{proxy}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def requests_write(traffic, path):
    """A file for tests/bench/generator.c and load.lua. Answers the bytes of an event on average."""
    draw.seed(SEED)
    suffixes = zipf(range(traffic.copies), traffic.events) if traffic.copies else None
    if traffic.size:
        pool = list(things(5000))
        texts = [parcel(traffic.size, pool) for _ in range(traffic.events)]
    else:
        texts = [event_text(traffic, i, suffixes and suffixes[i]) for i in range(traffic.events)]
    count = traffic.events // traffic.per
    draw.seed(SEED + 1)
    agents = zipf(agents_distinct(traffic.agents), count) if traffic.agents else draw.choices(agents_distinct(400), k=count)
    places = [f"81.2.{draw.randrange(200)}.{draw.randrange(1, 250)}" for _ in range(2000)]
    addresses = zipf(places, count) if traffic.rich else [None] * count
    with open(path, "wb") as out:
        for i in range(count):
            whole = request(traffic, texts[i * traffic.per:(i + 1) * traffic.per], agents[i], addresses[i])
            out.write(b"%d\n" % len(whole) + whole)
    return sum(len(text.encode()) for text in texts) / traffic.events


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        print(text_of(event()))
