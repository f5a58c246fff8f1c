/** What attackers put on: user agents, headers and networks that several scenarios share. */
import type { Origin, Share } from "../lab-scenario.ts";

/** More than 20 countries as told of January 2018, Trinidad and Tobago named; which others is assumed. */
export const MANY_COUNTRIES = [
  ..."US DE FR NL GB IT ES PL CZ RO BG RU UA TR IN ID BR MX AR TT ZA NG EG VN TH".split(" "),
];

/** Browsers of another age, as bought floods still carry them. */
export const OLD_BROWSERS = [
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
];

/** Chrome 118 to 129 while 132 was current: what Cloudflare saw most in floods of late 2024. */
export const OUTDATED_CHROMES = Array.from(
  { length: 12 },
  (_, i) =>
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${118 + i}.0.0.0 Safari/537.36`,
);

export const CURRENT_BROWSERS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Mobile Safari/537.36",
];

/** What little a flooding program sends. */
export const BARE_HEADERS = ["Accept: */*", "Accept-Encoding: identity"];

/** A whole browser, Fetch Metadata included: only programs that drive or copy one send it. */
export const BROWSER_HEADERS = [
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: lv,en;q=0.8",
  "Accept-Encoding: identity",
  'sec-ch-ua: "Chromium";v="153", "Google Chrome";v="153", "Not?A_Brand";v="99"',
  "sec-ch-ua-mobile: ?0",
  'sec-ch-ua-platform: "Windows"',
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Site: none",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-User: ?1",
  "Sec-Fetch-Dest: document",
];

export const FORM = "Content-Type: application/x-www-form-urlencoded";
export const JSON_TYPE = "Content-Type: application/json";
export const SOAP_TYPE = "Content-Type: text/xml; charset=utf-8";

/** A prescription as a practice's software would send it, from somebody who has no certificate. */
export const SOAP_WITHOUT_CERTIFICATE =
  '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
  "<soap:Body><CreatePrescription><patient>0</patient><medicine>$word</medicine></CreatePrescription></soap:Body>" +
  "</soap:Envelope>";

export const HTTP1: readonly Share<"HTTP/1.1">[] = [{ share: 1, value: "HTTP/1.1" }];
export const HTTP2: readonly Share<"HTTP/2">[] = [{ share: 1, value: "HTTP/2" }];

export function hosting(share: number, network = "198.18.0.0/16", countries = MANY_COUNTRIES): Origin {
  return { share, network, kind: "hosting", countries };
}

export function residential(share: number, network = "198.19.0.0/17", countries = MANY_COUNTRIES): Origin {
  return { share, network, kind: "residential", countries };
}

export function enterprise(share: number, network = "198.19.128.0/18"): Origin {
  return { share, network, kind: "enterprise", countries: MANY_COUNTRIES };
}

/** Latvian lines and the address-sharing networks of mobile operators. */
export function latvian(share: number, network = "198.19.192.0/18"): Origin {
  return { share, network, kind: "latvian", countries: ["LV", "LT", "EE"] };
}
