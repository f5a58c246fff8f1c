/** Which headers go through a proxy, and which must not. */

/** RFC 9110 section 7.6.1, and what was never standardised but means the same. `Upgrade` stays: WebSockets need it. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "proxy-connection",
  "proxy-authorization",
]);

/** Headers by which a client could name another address, host or path than its own. */
const FORGEABLE = new Set(["forwarded", "x-real-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip"]);
const FORGEABLE_PREFIXES = ["shield-", "x-forwarded-", "x-original-", "x-rewrite-", "mf-"];

/** workerd answers 100 itself before the origin was asked, so the origin must not be asked for it again. */
const ANSWERED_HERE = "expect";

/** Names must be in lower case, as iteration gives them. */
export function goesToOrigin(name: string): boolean {
  return (
    !HOP_BY_HOP.has(name) &&
    !FORGEABLE.has(name) &&
    name !== ANSWERED_HERE &&
    !FORGEABLE_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

export function goesToClient(name: string): boolean {
  return name !== "proxy-authenticate" && !HOP_BY_HOP.has(name) && !name.startsWith("shield-");
}
