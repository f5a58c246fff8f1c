/** FHIR for laboratories and referrals: two resources to send, one list to poll. Errors speak FHIR too. */
import { randomId, readBody, sha256, type Visit } from "./visit.ts";

const TYPE = "application/fhir+json; charset=utf-8";
/** Imaging results come with pictures inside. */
const RESOURCE_MAX_BYTES = 20_000_000;
const TASKS_LISTED = 20;

export async function takeResource({ request, records, url }: Visit): Promise<Response> {
  const wanted = url.pathname.split("/")[2] ?? "";
  if (!/^application\/(fhir\+)?json\b/.test(request.headers.get("Content-Type") ?? ""))
    return outcome("not-supported", "Send application/fhir+json", 415);
  const bytes = await readBody(request, RESOURCE_MAX_BYTES);
  const resource = parse(bytes);
  if (resource === null) return outcome("structure", "Not a JSON object", 400);
  if (resource.resourceType !== wanted) return outcome("invalid", `resourceType is not ${wanted}`, 422);
  const id = randomId();
  const bodySha256 = await sha256(bytes);
  const kept = { id, resourceType: wanted, receivedAt: Date.now(), bodyBytes: bytes.byteLength, bodySha256 };
  records.fhir.put(kept, 300);
  return fhir({ resourceType: wanted, id, meta: { versionId: "1", tag: [{ code: bodySha256 }] } }, 201, {
    Location: `/fhir/${wanted}/${id}`,
  });
}

export function listTasks({ records }: Visit): Response {
  const entry = records.fhir.last(TASKS_LISTED).map(({ id, resourceType, receivedAt }) => ({
    resource: {
      resourceType: "Task",
      id,
      status: "received",
      intent: "order",
      authoredOn: new Date(receivedAt).toISOString(),
      focus: { reference: `${resourceType}/${id}` },
    },
  }));
  return fhir({ resourceType: "Bundle", type: "searchset", total: records.fhir.total, entry }, 200);
}

export function unknownResource({ request }: Visit): Response {
  const known = request.method === "GET" || request.method === "POST";
  return known
    ? outcome("not-found", "No such resource", 404)
    : outcome("not-supported", `${request.method} is not supported`, 405);
}

function parse(bytes: Uint8Array): { readonly resourceType?: unknown } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function outcome(code: string, diagnostics: string, status: number): Response {
  return fhir({ resourceType: "OperationOutcome", issue: [{ severity: "error", code, diagnostics }] }, status);
}

function fhir(body: unknown, status: number, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "Content-Type": TYPE, "Cache-Control": "no-store", ...headers } });
}
