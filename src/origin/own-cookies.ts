/** Cookies of ours on answers of the origin. */

/**
 * Adds `Set-Cookie` values. They never travel on what a shared cache may keep: an answer that is public, or a 304, is given
 * back as it came, and one that says nothing becomes private.
 */
export function withOwnCookies(response: Response, cookies: readonly string[]): Response {
  const control = response.headers.get("Cache-Control")?.toLowerCase() ?? "";
  if (cookies.length === 0 || response.status === 304 || /\b(public|s-maxage)\b/.test(control)) return response;
  const mine = new Response(response.body, response);
  for (const cookie of cookies) mine.headers.append("Set-Cookie", cookie);
  if (!/\b(private|no-store)\b/.test(control)) mine.headers.append("Cache-Control", "private");
  return mine;
}
