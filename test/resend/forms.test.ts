/** Forms that are given back and sent again: the production bundle in the real runtime, over real sockets. */
import { createHash, randomBytes } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VISIT_COOKIE } from "../../src/identity/visit.ts";
import { hang, headerOf, type Seen } from "../lab/recording-origin.ts";
import {
  carriedBy,
  FORM_HEADERS,
  type FormLab,
  type Got,
  page,
  post,
  sendAgain,
  startFormLab,
  URLENCODED,
} from "./lab.ts";

const MB = 1_048_576;
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** Limited by rule as long as she is impatient: so it is she who decides when a form passes. */
const IMPATIENT: OutgoingHttpHeaders = { "User-Agent": "impatient" };

let lab: FormLab;
let lastAddress = 0;
const freshAddress = () => ({ "CF-Connecting-IP": `198.18.${lastAddress++}.7` });
beforeAll(async () => {
  lab = await startFormLab();
});
afterAll(() => lab.stop());

const at = (path: string) => new URL(path, lab.shield);
const only = (path: string): Seen => {
  const seen = lab.posts(path);
  expect(seen).toHaveLength(1);
  return seen[0] as Seen;
};

describe("a form that is turned away", () => {
  const multipart = `--b\r\nContent-Disposition: form-data; name="submit"\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n`;
  it.each<[string, string, string | Uint8Array]>([
    ["urlencoded", URLENCODED, "a=1%2B1+%C4%93&submit=&a=%22%27"],
    ["text/plain", "text/plain", 'a=1+1 "ē"\r\nsubmit=\r\n'],
    ["text/plain that begins as ours", "text/plain", "shield-unti=1\r\n"],
    [
      "multipart with a file",
      "multipart/form-data; boundary=b",
      Buffer.concat([Buffer.from(multipart), randomBytes(50_000), Buffer.from("\r\n--b--\r\n")]),
    ],
    ["nothing", URLENCODED, ""],
    ["one byte", URLENCODED, "a"],
    ["2 MB of UTF-8", "text/plain", `note=${"ģēļķņšūžīāč".repeat(95_325)}\r\n`],
    ["as much as there may be", "multipart/form-data; boundary=b", randomBytes(2 * MB + 65_536)],
  ])("reaches the origin as it was, once: %s", async (name, type, body) => {
    const path = `/limit/${name.replaceAll(/\W/g, "-")}?x=1&x=2&y=%2f`;
    const from = freshAddress();
    const headers = { ...from, Cookie: "session=s1; other=2", "Content-Type": type };
    const turnedAway = await post(at(path), body, { ...headers, ...IMPATIENT });
    expect([turnedAway.status, turnedAway.headers["shield-mitigated"]]).toEqual([429, "limit"]);
    expect(carriedBy(turnedAway)?.action).toBe(at(path).href);
    const answered = await sendAgain(turnedAway, { ...from, Cookie: "session=s2", Referer: at("/.shield/back").href });
    expect([answered.status, answered.body]).toEqual([200, "ok"]);
    const seen = only(path.split("?", 1)[0] ?? "");
    expect(seen.target).toBe(path);
    expect([seen.bytes, seen.sha256]).toEqual([Buffer.byteLength(body), sha256(body)]);
    expect(
      Object.fromEntries(
        ["Content-Type", "Cookie", "Referer", "Origin", "Sec-Fetch-Site", "Content-Length"].map((h) => [
          h,
          headerOf(seen, h),
        ]),
      ),
    ).toEqual({
      "Content-Type": [type],
      Cookie: ["session=s1; other=2"],
      Referer: [at("/form").href],
      Origin: [lab.shield.origin],
      "Sec-Fetch-Site": ["same-origin"],
      "Content-Length": [String(Buffer.byteLength(body))],
    });
  });

  it("can be turned away again and again, and is sent once all the same", async () => {
    const from = freshAddress();
    let got = await post(at("/limit/again"), "a=1", { ...from, ...IMPATIENT });
    const first = got;
    for (let i = 0; i < 3; i++) {
      got = await sendAgain(got, { ...from, ...IMPATIENT });
      expect(got.status).toBe(429);
    }
    expect((await sendAgain(got, from)).status).toBe(200);
    // The page before it holds the same form.
    const repeated = await sendAgain(first, from);
    expect(repeated.status).toBe(400);
    expect(repeated.body).toMatch(/Šī veidlapa jau nosūtīta plkst\. \d\d:\d\d\./);
    only("/limit/again");
  });

  it("pressed a hundred times at once, is sent once", async () => {
    const from = freshAddress();
    const got = await post(at("/limit/hundred"), "a=1", { ...from, ...IMPATIENT });
    const answers = await Promise.all(Array.from({ length: 100 }, () => sendAgain(got, from)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    // For some of them there was no room at the origin at that moment: they are told to wait.
    const others = answers.filter(({ status }) => status !== 200);
    expect(others.filter(({ status, body }) => status !== 503 && !body.includes("jau nosūtīta"))).toEqual([]);
    let repeated = await sendAgain(got, from);
    while (repeated.status === 503) repeated = await sendAgain(got, from);
    expect(repeated.body).toContain("jau nosūtīta");
    only("/limit/hundred");
  });

  it("with more headers than any origin reads is refused at once: sent again, it would have as many", async () => {
    const headers = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`X-${i}`, "1"]));
    const got = await post(at("/form/headers"), "a=1&b=2", { ...freshAddress(), ...headers });
    expect(got.status).toBe(431);
    expect(carriedBy(got)).toBeNull();
  });

  it("is not given back when it is refused for good", async () => {
    const got = await post(at("/xmlrpc"), "a=1", { "User-Agent": "impatient" });
    expect(carriedBy(got)).toBeNull();
  });
});

describe("a sealed form", () => {
  const forms = async (path: string, headers: OutgoingHttpHeaders): Promise<Got> =>
    post(at(path), "secret=F32.1", { ...headers, ...IMPATIENT });
  const refused = (got: Got) => {
    expect([got.status, got.headers["shield-mitigated"], carriedBy(got)]).toEqual([400, "fault", null]);
    expect(got.body).not.toContain("F32.1");
  };

  it.each(["/limit/other", "/limit/bound?x=1", "/limit/bound/"])("is refused at %s", async (elsewhere) => {
    const from = freshAddress();
    const got = await forms("/limit/bound", from);
    refused(await sendAgain(got, from, at(elsewhere)));
    expect(lab.posts(elsewhere.split("?", 1)[0] ?? "")).toEqual([]);
  });

  it("is refused from another network, and from another browser in the same one", async () => {
    const from = freshAddress();
    refused(await sendAgain(await forms("/limit/theirs", from), freshAddress()));
    const visit = async () => {
      const cookie = await lab.sealer.seal("visit", [randomBytes(16).toString("hex"), "localhost", "x", Date.now()]);
      return { ...from, Cookie: `${VISIT_COOKIE}=${cookie}` };
    };
    const hers = await visit();
    const got = await forms("/limit/theirs", hers);
    refused(await sendAgain(got, await visit()));
    refused(await sendAgain(got, from));
    // Her browser may send it from wherever she is by then.
    expect((await sendAgain(got, { ...hers, ...freshAddress() })).status).toBe(200);
    only("/limit/theirs");
  });

  it("is refused when another site hands it in, and never read", async () => {
    const from = freshAddress();
    const got = await forms("/limit/planted", from);
    for (const site of ["cross-site", "same-site", "none"]) {
      const carried = carriedBy(got)?.fields ?? "";
      await post(at("/limit/planted"), carried, { ...from, "Content-Type": "text/plain", "Sec-Fetch-Site": site });
    }
    // What came from elsewhere was passed on as what it is: text that means nothing to the portal.
    for (const seen of lab.posts("/limit/planted")) expect(headerOf(seen, "Content-Type")).toEqual(["text/plain"]);
    expect((await sendAgain(got, from)).status).toBe(200);
  });

  it("is refused once its time is over, and when it does not arrive whole", async () => {
    const from = freshAddress();
    const got = await forms("/limit/late", from);
    const fields = carriedBy(got)?.fields ?? "";
    const token = /^shield-until=([^\r]*)/.exec(fields)?.[1] ?? "";
    const terms = await lab.sealer.open("deadline", token);
    const late = await lab.sealer.seal("deadline", [...(terms ?? []).slice(0, 4), Date.now() - 1]);
    const expired = await post(at("/limit/late"), fields.replace(token, late), {
      ...from,
      "Content-Type": "text/plain",
    });
    refused(expired);
    expect(expired.body).toContain("Veidlapu no šīs lapas vairs nevar nosūtīt");
    for (const broken of [
      fields.slice(0, -10),
      fields.slice(0, 40),
      fields.replace("shield-form=", "shield-form=!"),
      "shield-until=\r\n",
    ])
      refused(await post(at("/limit/late"), broken, { ...from, "Content-Type": "text/plain" }));
    expect(lab.posts("/limit/late")).toEqual([]);
  });

  it("is kept for longer while its page is open", async () => {
    const from = freshAddress();
    const token = /^shield-until=([^\r]*)/.exec(carriedBy(await forms("/limit/open", from))?.fields ?? "")?.[1] ?? "";
    const keep = (headers: OutgoingHttpHeaders) =>
      post(at("/.shield/keep"), token, { ...from, "Content-Type": "text/plain", ...headers });
    const later = await keep({});
    expect(later.status).toBe(200);
    const [, , , , until] = (await lab.sealer.open("deadline", later.body)) ?? [];
    expect(Number(until)).toBeGreaterThan(Date.now() + 9 * 60_000);
    expect((await keep({ "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
    expect((await keep(freshAddress())).status).toBe(403);
  });
});

describe("before anything is decided", () => {
  /** The head of a post that says it is 2 MB long, and its first bytes; what is answered while no more comes. */
  function begin(path: string, bytes: string, from = freshAddress(), leaves = false): Promise<string> {
    const { hostname, port, host, origin } = at(path);
    const head = { ...FORM_HEADERS, ...from, Origin: origin, "Content-Type": "text/plain", ...IMPATIENT };
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
    return new Promise((resolve, reject) => {
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      socket.on("error", reject);
      socket.on("data", (answer: Buffer) => {
        resolve(answer.toString().split("\r\n", 1)[0] ?? "");
        socket.destroy();
      });
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines.join("\r\n")}\r\nContent-Length: 2000000\r\n\r\n`,
      );
      socket.write(bytes);
      if (leaves) socket.end();
    });
  }
  it("nobody's 2 MB are waited for: what is made up is refused by its first bytes", async () => {
    expect(await begin("/limit/made-up", `shield-until=${"A".repeat(200)}\r\nshield-form=${"A".repeat(2_000)}`)).toBe(
      "HTTP/1.1 400 Bad Request",
    );
  });
  it("her own form that does not arrive whole is busy, not foreign: pressed again, it is sent", async () => {
    const from = freshAddress();
    const got = await post(at("/limit/slow"), "x".repeat(50_000), { ...from, ...IMPATIENT });
    const cut = carriedBy(got)?.fields.slice(0, 20_000) ?? "";
    expect(await begin("/limit/slow", cut, from, true)).toBe("HTTP/1.1 503 Service Unavailable");
    expect((await sendAgain(got, from)).status).toBe(200);
    only("/limit/slow");
  });
  it("a text that is none of ours is decided about like any form, and reaches the origin as it was sent", async () => {
    for (const text of ["q=1", "long ".repeat(100_000), "shield-"]) {
      const got = await post(at("/plain"), text, { ...freshAddress(), "Content-Type": "text/plain" });
      expect(got.status).toBe(200);
      const seen = lab.posts("/plain").at(-1);
      expect([seen?.sha256, seen && headerOf(seen, "Content-Length")]).toEqual([sha256(text), [String(text.length)]]);
    }
  });
});

describe("what is never given back", () => {
  it.each<[string, OutgoingHttpHeaders]>([
    ["what another site posts", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
    ["what a sibling host posts", { "Sec-Fetch-Site": "same-site", Origin: "https://other.localhost" }],
    ["what comes from nowhere", { "Sec-Fetch-Site": "none" }],
    ["what a script posts", { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" }],
    ["what no form can be", { "Content-Type": "application/json" }],
  ])("%s", async (_, headers) => {
    const got = await post(at("/limit/never"), "a=1", { ...freshAddress(), ...headers, ...IMPATIENT });
    expect([got.status, carriedBy(got)]).toEqual([429, null]);
  });

  it("what does not say how long it is, and what is too long", async () => {
    const from = freshAddress();
    const long = Buffer.alloc(2 * MB + 65_537, "a");
    for (const got of [
      await post(at("/limit/never"), "a=1", { ...from, ...IMPATIENT }, null),
      await post(at("/limit/never"), long, { ...from, ...IMPATIENT }),
    ]) {
      expect([got.status, carriedBy(got)]).toEqual([429, null]);
      expect(got.body).toContain("Veidlapa ir vienu soli atpakaļ");
    }
  });

  it("more than a prefix is given back in a minute", async () => {
    const from = freshAddress();
    const body = Buffer.alloc(MB, "a");
    const given: boolean[] = [];
    for (let i = 0; i < 12; i++)
      given.push(carriedBy(await post(at("/limit/never"), body, { ...from, ...IMPATIENT })) !== null);
    expect(given.filter(Boolean).length).toBeGreaterThanOrEqual(5);
    expect(given.filter(Boolean).length).toBeLessThanOrEqual(8);
    expect(given.at(-1)).toBe(false);
    // Nobody else suffers from it.
    expect(carriedBy(await post(at("/limit/never"), body, { ...freshAddress(), ...IMPATIENT }))).not.toBeNull();
  });
});

describe("an origin in trouble", () => {
  it("that listens nowhere gives forms back; they are good until it is there again, and sent once", async () => {
    const dead = await startFormLab();
    try {
      const url = (path: string) => new URL(path, dead.shield);
      expect((await post(url("/x"), "a=1", freshAddress())).status).toBe(200);
      await dead.origin.stop();
      // Shorter and longer than what is taken before there is a connection.
      for (const body of ["a", "ab", "a=1&b", "a=1&b=", "a=1&b=2", "a=1".repeat(2_000), Buffer.alloc(2 * MB, "a")]) {
        const from = freshAddress();
        let got = await post(url("/x"), body, from);
        for (let i = 0; i < 2; i++) {
          expect([got.status, got.headers["shield-mitigated"]]).toEqual([502, "fault"]);
          expect(got.body).toContain("vēl nav nodots tālāk");
          got = await sendAgain(got, from);
        }
        expect(carriedBy(got)).not.toBeNull();
      }
    } finally {
      await dead.edges.stop();
    }
  });

  it("that had the form and broke says so, and gives nothing back", async () => {
    lab.origin.on(
      "/broken",
      (_, __, request) => void request.on("end", () => request.socket.resetAndDestroy()).resume(),
    );
    const got = await post(at("/broken"), "a=1", freshAddress());
    expect([got.status, carriedBy(got)]).toEqual([502, null]);
    expect(got.body).toContain("nav droši zināms");
  });

  it("that had the form and never answers: uncertain; the repeat is told when it was sent", async () => {
    lab.origin.on("/slow/hang", hang);
    const got = await post(at("/slow/hang"), "a=1", freshAddress());
    expect([got.status, carriedBy(got)]).toEqual([504, null]);
  });

  it("what was sent again goes to its end, also when she leaves", async () => {
    const from = freshAddress();
    const got = await post(at("/limit/leaves"), "a=1", { ...from, ...IMPATIENT });
    let arrived = () => {};
    const there = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    lab.origin.on("/limit/leaves", async (_, response) => {
      arrived();
      await until;
      response.end("late");
    });
    const { request } = await import("node:http");
    const carried = carriedBy(got);
    const sent = request(at("/limit/leaves"), {
      method: "POST",
      headers: {
        ...from,
        Accept: "text/html",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "text/plain",
        "Content-Length": Buffer.byteLength(carried?.fields ?? ""),
      },
    });
    sent.on("error", () => undefined);
    sent.end(carried?.fields);
    await there;
    sent.socket?.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const seen = only("/limit/leaves");
    expect(seen.aborted).toBe(false);
    release();
    expect((await sendAgain(got, from)).body).toContain("jau nosūtīta");
  });
});

describe("memory", () => {
  it("bears the eight largest at once, sealed and opened, and turns the ninth away with a page that says so", async () => {
    const body = randomBytes(2 * MB);
    const before = lab.edges.memory();
    let most = before;
    const watching = setInterval(() => {
      most = Math.max(most, lab.edges.memory());
    }, 10);
    const type = { "Content-Type": "multipart/form-data; boundary=b" };
    const got = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const from = freshAddress();
        return { from, page: await post(at(`/limit/big-${i}`), body, { ...from, ...type, ...IMPATIENT }) };
      }),
    );
    const carrying = got.filter(({ page }) => carriedBy(page) !== null);
    expect(carrying.length).toBeGreaterThanOrEqual(8);
    for (const { page } of got) expect(page.status).toBe(429);
    await Promise.all(
      carrying.slice(0, 8).map(async ({ from, page }) => {
        const answered = await sendAgain(page, from);
        expect(answered.status).toBe(200);
      }),
    );
    clearInterval(watching);
    console.log(`12 × 2 MB: ${carrying.length} given back, workerd grew by ${((most - before) / MB).toFixed(0)} MB`);
    expect((most - before) / MB).toBeLessThan(256);
  });
});

describe("what passes", () => {
  it("streams: the origin has the beginning before the end was sent", async () => {
    const { request } = await import("node:http");
    const begun = new Promise<void>((resolve) => {
      lab.origin.on("/streams", (_, response, incoming) => {
        incoming.once("data", () => resolve());
        incoming.on("end", () => response.end("ok"));
      });
    });
    const sent = request(at("/streams"), {
      method: "POST",
      headers: {
        ...freshAddress(),
        Accept: "text/html",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": URLENCODED,
        "Content-Length": 1_000_000,
      },
    });
    const answered = new Promise<number>(
      (resolve) => void sent.on("response", (response) => resolve(response.resume().statusCode ?? 0)),
    );
    sent.write(Buffer.alloc(500_000, "a"));
    await begun;
    sent.end(Buffer.alloc(500_000, "b"));
    expect(await answered).toBe(200);
  });
});

describe("a visit ticket", () => {
  const ticketIn = (got: Got) => got.headers["set-cookie"]?.find((cookie) => cookie.startsWith(VISIT_COOKIE));
  const visit = (path: string, headers: OutgoingHttpHeaders) => post(at(path), "", headers, 0, "GET");

  it("comes with a page in calm, not with a public one, not when there is one, and only so many for one address", async () => {
    lab.origin.on("/page", page("x"));
    lab.origin.on("/public", page("x", [["Cache-Control", "public, max-age=60"]]));
    const from = freshAddress();
    const cookie = ticketIn(await visit("/page", from));
    expect(cookie).toMatch(/; Max-Age=86400; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(ticketIn(await visit("/page", { ...from, Cookie: cookie?.split(";", 1)[0] ?? "" }))).toBeUndefined();
    expect(ticketIn(await visit("/public", from))).toBeUndefined();
    expect(ticketIn(await visit("/other", from))).toBeUndefined(); // "ok" is no page
    let given = 0;
    for (let i = 0; i < 40; i++) if (ticketIn(await visit("/page", from))) given++;
    expect(given).toBeLessThanOrEqual(30);
    expect(ticketIn(await visit("/page", freshAddress()))).toBeDefined();
  });
});
