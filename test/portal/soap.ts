/**
 * The web service of practice software: seven calls make a prescription, and each needs an id from the one before.
 * The ids carry what they stand for, so that a flood of first calls fills no memory.
 */
import { fillPrescription, medicineOf } from "./clinic.ts";
import { findPatient, MEDICINES, searchMedicines } from "./medicines.ts";
import type { Records } from "./records.ts";
import { type Form, readBody, sha256, type Visit } from "./visit.ts";

const MESSAGE_MAX_BYTES = 131_072;
const ENVELOPE = {
  "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
  "1.2": "http://www.w3.org/2003/05/soap-envelope",
};
const TYPE = { "1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8" };
type Version = keyof typeof ENVELOPE;

interface Call {
  readonly records: Records;
  readonly system: string;
  readonly form: Form;
}

class SoapFault extends Error {}

/** What each operation answers, as the inner XML of its response. */
const OPERATIONS: Readonly<Record<string, (call: Call) => string>> = {
  FindPatient({ form }) {
    const patient = findPatient(form.get("code"));
    if (!patient) throw new SoapFault("No such patient");
    return `<patientId>${sealId("P", [patient.code])}</patientId><name>${toXml(patient.name)}</name>`;
  },
  ListMedicines({ form }) {
    const [code = ""] = openId("P", form.get("patientId"));
    return `<listId>${sealId("L", [code])}</listId>${MEDICINES.map(medicineXml).join("")}`;
  },
  /** Takes the id of the list or of an earlier search. */
  SearchMedicine({ form }) {
    const given = form.get("listId") || form.get("searchId");
    const [patient = ""] = openId(given.startsWith("L") ? "L" : "S", given);
    const found = searchMedicines(form.get("text"));
    return `<searchId>${sealId("S", [patient])}</searchId>${found.map(medicineXml).join("")}`;
  },
  CheckInteractions({ form }) {
    const [patient = ""] = openId("S", form.get("searchId"));
    const code = form.get("medicineCode");
    if (!MEDICINES.some((medicine) => medicine.code === code)) throw new SoapFault("No such medicine");
    return `<checkId>${sealId("C", [patient, code])}</checkId><interactions>0</interactions>`;
  },
  CreatePrescription({ form, records, system }) {
    const [patient = "", code = ""] = openId("C", form.get("checkId"));
    const known: Record<string, string> = { patient, medicine: medicineOf(code) };
    const whole: Form = { ...form, get: (name) => known[name] ?? form.get(name) };
    const { id } = fillPrescription(records, whole, system, "soap");
    return `<prescriptionId>${id}</prescriptionId><state>draft</state>`;
  },
  SignPrescription({ form, records, system }) {
    const wanted = form.get("prescriptionId");
    const prescription = records.prescriptions.find(({ id }) => id === wanted);
    if (prescription?.via !== "soap" || prescription.createdBy !== system) throw new SoapFault("No such prescription");
    prescription.signed = true;
    return `<prescriptionId>${prescription.id}</prescriptionId><state>signed</state>`;
  },
};

export async function prescriptionService({ request, records }: Visit): Promise<Response> {
  const type = request.headers.get("Content-Type") ?? "";
  const version: Version = type.startsWith("application/soap+xml") ? "1.2" : "1.1";
  const system = systemOf(request);
  if (system === null) return fault(version, "Client", "Unknown system", 401);
  if (!/^(text\/xml|application\/soap\+xml)\b/.test(type)) return fault(version, "Client", "Send text/xml", 415);
  const bytes = await readBody(request, MESSAGE_MAX_BYTES);
  const xml = new TextDecoder().decode(bytes);
  const [, body] = /<(?:[\w-]+:)?Body(?:\s[^>]*)?>([\s\S]*)<\/(?:[\w-]+:)?Body\s*>/.exec(xml) ?? [];
  const [, operation = "", content = ""] =
    /^\s*<(?:[\w-]+:)?(\w+)(?:\s[^>]*)?>([\s\S]*)<\/(?:[\w-]+:)?\1\s*>/.exec(body ?? "") ?? [];
  const answer = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (!answer) return fault(version, "Client", "Unknown operation", 500);
  const fields = fieldsIn(content);
  const get = (name: string) => (fields.find(([each]) => each === name)?.[1] ?? "").trim();
  try {
    const inner = answer({ records, system, form: { fields, sha256: await sha256(bytes), get } });
    return reply(version, `<${operation}Response xmlns="urn:demo:e-prescription">${inner}</${operation}Response>`, 200);
  } catch (error) {
    if (error instanceof SoapFault) return fault(version, "Client", error.message, 500);
    throw error;
  }
}

/** The system that calls; "anonymous" without a token, as a demo is open. Null for a token that is none of ours. */
function systemOf(request: Request): string | null {
  const header = request.headers.get("Authorization");
  return header === null ? "anonymous" : (/^Bearer demo-([\w.-]{1,60})$/.exec(header)?.[1] ?? null);
}

function fieldsIn(xml: string): (readonly [string, string])[] {
  return Array.from(xml.matchAll(/<(?:[\w-]+:)?(\w+)(?:\s[^>]*)?>([^<]*)<\/(?:[\w-]+:)?\1\s*>/g), ([, name, value]) => [
    name ?? "",
    fromXml(value ?? ""),
  ]);
}

function medicineXml({ code, name, strengthMg, form }: (typeof MEDICINES)[number]): string {
  return `<medicine><code>${code}</code><name>${toXml(name)}</name><strength unit="mg">${strengthMg}</strength><form>${form}</form></medicine>`;
}

function sealId(kind: string, values: readonly string[]): string {
  return `${kind}${btoa(JSON.stringify(values)).replaceAll("=", "")}`;
}

function openId(kind: string, id: string): string[] {
  try {
    const values: unknown = id.startsWith(kind) ? JSON.parse(atob(id.slice(kind.length))) : null;
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  } catch {
    // Not one of ours; told below as any other.
  }
  throw new SoapFault("No such id");
}

function fault(version: Version, code: "Client" | "Server", why: string, status: number): Response {
  return reply(
    version,
    version === "1.1"
      ? `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring>${why}</faultstring></soap:Fault>`
      : `<soap:Fault><soap:Code><soap:Value>soap:${code === "Client" ? "Sender" : "Receiver"}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">${why}</soap:Text></soap:Reason></soap:Fault>`,
    status,
  );
}

function reply(version: Version, body: string, status: number): Response {
  return new Response(
    `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${ENVELOPE[version]}"><soap:Body>${body}</soap:Body></soap:Envelope>`,
    { status, headers: { "Content-Type": TYPE[version], "Cache-Control": "no-store" } },
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

function toXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => (character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;"));
}

function fromXml(text: string): string {
  return text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
}
