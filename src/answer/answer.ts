export function answer(kind: string, code: string | null): Response {
  return new Response(kind, {
    status: kind === "limit" ? 429 : kind === "challenge" || kind === "block" ? 403 : 503,
    headers: { "Shield-Mitigated": kind, "Shield-Support": code ?? "" },
  });
}
