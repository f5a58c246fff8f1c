/**
 * The bought flood of 16 January 2018, scaled to one computer: what the portal gets is more than four times what it
 * bears. As published: more than 10,000 requests a second, more than 20 countries, "primitive and brutal". The mix of
 * paths and the old browsers are assumed, as no list was ever published.
 */
import type { Scenario } from "../scenario.ts";

/** A prescription as a practice's software would send it, from somebody who has no certificate. */
const SOAP_WITHOUT_CERTIFICATE =
  '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
  "<soap:Body><CreatePrescription><patient>0</patient><medicine>$word</medicine></CreatePrescription></soap:Body>" +
  "</soap:Envelope>";

export const demo: Scenario = {
  name: "demo",
  about: "the bought flood of January 2018, first with the shield, then without it, while doctors write prescriptions",
  seconds: 30,
  calmSeconds: 4,
  flood: {
    sources: { count: 500, first: "198.18.0.1", span: 131_000 },
    requestsPerSecond: 2000,
    spread: 0.5,
    rampSeconds: 2,
    patienceMs: 10_000,
    connectionsPerSource: 6,
    headers: ["Accept: */*", "Accept-Encoding: identity"],
    userAgents: [
      "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
      "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)",
      "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
      "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
      "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
      "Mozilla/5.0 (Windows NT 6.1; rv:21.0) Gecko/20130401 Firefox/21.0",
      "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:40.0) Gecko/20100101 Firefox/40.1",
      "Mozilla/5.0 (X11; Linux i686; rv:30.0) Gecko/20100101 Firefox/30.0",
      "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/41.0.2228.0 Safari/537.36",
      "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.67 Safari/537.36",
      "Opera/9.80 (Windows NT 6.0) Presto/2.12.388 Version/12.14",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_6_8) AppleWebKit/534.57.2 (KHTML, like Gecko) Version/5.1.7 Safari/534.57.2",
    ],
    mix: [
      { share: 50, method: "GET", path: "/" },
      { share: 10, method: "GET", path: "/search?q=$word" },
      { share: 8, method: "GET", path: "/login" },
      { share: 6, method: "GET", path: "/app/prescriptions" },
      { share: 6, method: "GET", path: "/api/autocomplete?q=$word" },
      {
        share: 20,
        method: "POST",
        path: "/soap/prescription",
        headers: ["Content-Type: text/xml; charset=utf-8", 'SOAPAction: "CreatePrescription"'],
        body: SOAP_WITHOUT_CERTIFICATE,
      },
    ],
  },
  doctors: {
    // Not in the network of the demo hospital that the rules register: they have nothing but their sign-in to show.
    onDuty: { count: 6, firstAddress: "203.0.113.40" },
    arriving: { count: 2, firstAddress: "203.0.113.60" },
    patienceMs: 10_000,
    thinkMs: [1000, 2000],
  },
};
