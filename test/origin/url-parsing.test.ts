/** What reaches the origin when a client spells its request in an unusual way, through real workerd. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRaw } from "../lab/raw-http.ts";
import { headerOf } from "../lab/recording-origin.ts";
import { HOST, type ProxyLab, request, startProxyLab } from "./proxy-lab.ts";

let lab: ProxyLab;
beforeAll(async () => {
  lab = await startProxyLab();
});
afterAll(() => lab.stop());

/**
 * What URL parsing changes, whoever builds a Request (https://url.spec.whatwg.org/). `request.url` itself is as it was sent:
 * only the copy that goes to the origin is changed, so `identify` parses such a URL before anything is decided on it.
 */
describe("what the runtime itself changes on the way to the origin", () => {
  it.each([
    // sent, reaches the origin
    ["/a/../b", "/b"],
    ["/a/%2e%2e/b", "/b"],
    ["/.%2e/b", "/b"],
    ["/a/./b", "/a/b"],
    ["/a//../b", "/a/b"],
    ["/../..", "/"],
    ["/a/..%2fb", "/a/..%2fb"],
    ["/a/..;/b", "/a/..;/b"],
    ["/a\\b?c\\d", "/a/b?c\\d"],
    ['/a"b^c{d}e', "/a%22b%5Ec%7Bd%7De"],
    ["/a'b?c'd", "/a'b?c%27d"],
    ["/\u00c4\u0081?\u00c4\u0081", "/%C4%81?%C4%81"], // ā in UTF-8, sent as it is
    ["/a#b", "/a"],
    ["/a?#", "/a?"],
    ["/a%00b?%00", null],
  ])("%j arrives as %j", async (sent, arrives) => {
    const before = lab.origin.seen.length;
    const { status } = await sendRaw(lab.proxyUrl, request(`GET ${sent}`));
    if (arrives === null) expect([status, lab.origin.seen.length]).toEqual([400, before]);
    else expect(lab.origin.last().target).toBe(arrives);
  });
  it.each(["/a b", "/a\tb", "/a<b>", "/a`b", '/a?b"c'])(
    "%j is refused by workerd before any of our code",
    async (sent) => {
      expect((await sendRaw(lab.proxyUrl, request(`GET ${sent}`))).status).toBe(400);
    },
  );
  it("a bodiless DELETE or OPTIONS gets Content-Length: 0", async () => {
    await sendRaw(lab.proxyUrl, request("DELETE /app"));
    expect(headerOf(lab.origin.last(), "Content-Length")).toEqual(["0"]);
  });
  it("two Cookie lines become one", async () => {
    await sendRaw(lab.proxyUrl, request("GET /", ["Cookie: a=1", "Cookie: b=2"]));
    expect(headerOf(lab.origin.last(), "Cookie")).toEqual(["a=1, b=2"]);
  });
  it("a user name in the Host names nobody", async () => {
    await sendRaw(lab.proxyUrl, Buffer.from("GET /who HTTP/1.1\r\nHost: u:p@PORTAL.example.lv:80\r\n\r\n"));
    expect(headerOf(lab.origin.last(), "X-Forwarded-Host")).toEqual([HOST]);
  });
});
