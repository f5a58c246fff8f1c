/** What the portal keeps: plain data in the one isolate, bounded, gone with it. */
import { Capacity } from "./capacity.ts";
import { Shelf } from "./shelf.ts";

export interface Env {
  /** Cost units per second, "0" is without limit. */
  readonly CAPACITY?: string;
  readonly ORIGIN_KEY?: string;
  readonly ENFORCE_ORIGIN_KEY?: string;
  readonly IDP_URL?: string;
}

export type Lane = "clinician" | "resident";

export interface SignedIn {
  readonly user: string;
  readonly lane: Lane;
  /** Names the session to the shield without giving it away. */
  readonly vouchId: string;
  readonly expiresAt: number;
}

/** A form as it came: every field in its order, and the hash of the bytes. */
export interface Filed {
  readonly id: string;
  readonly createdBy: string;
  /** Unix time in ms. */
  readonly receivedAt: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodySha256: string;
}

export interface Prescription extends Filed {
  readonly patient: string;
  readonly medicine: string;
  readonly dose: string;
  readonly note: string;
  readonly via: "portal" | "soap";
  signed: boolean;
}

export interface StoredDocument {
  readonly id: string;
  readonly createdBy: string;
  readonly receivedAt: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly name: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Null when larger than 1 MB. */
  readonly content: Uint8Array | null;
}

export interface FhirRecord {
  readonly id: string;
  readonly resourceType: string;
  readonly receivedAt: number;
  readonly bodyBytes: number;
  readonly bodySha256: string;
}

export interface Records {
  /** Unix time in ms: what came before is not kept here. */
  readonly openedAt: number;
  readonly sessions: Map<string, SignedIn>;
  /** Assertions already used, with their expiry. */
  readonly usedAssertions: Map<string, number>;
  readonly prescriptions: Shelf<Prescription>;
  readonly sickLeaves: Shelf<Filed>;
  readonly documents: Shelf<StoredDocument>;
  readonly fhir: Shelf<FhirRecord>;
  contacts: number;
  /** Phone prompts that real people would have seen. */
  prompts: number;
  passwordResets: number;
  /** Requests by the name of their route, and how many got no service. */
  readonly routes: Map<string, { requests: number; failed: number }>;
  refusedWithoutKey: number;
  aborted: number;
  inFlight: number;
  maxInFlight: number;
  capacity: Capacity;
  enforceOriginKey: boolean;
}

const FILED_MAX = 20_000;
const FILED_MAX_CHARACTERS = 48_000_000;
const DOCUMENTS_MAX = 1000;
const DOCUMENTS_MAX_BYTES = 32_000_000;

export function openRecords(env: Env): Records {
  return {
    openedAt: Date.now(),
    sessions: new Map(),
    usedAssertions: new Map(),
    prescriptions: new Shelf(FILED_MAX, FILED_MAX_CHARACTERS),
    sickLeaves: new Shelf(FILED_MAX, FILED_MAX_CHARACTERS),
    documents: new Shelf(DOCUMENTS_MAX, DOCUMENTS_MAX_BYTES),
    fhir: new Shelf(FILED_MAX, FILED_MAX_CHARACTERS),
    contacts: 0,
    prompts: 0,
    passwordResets: 0,
    routes: new Map(),
    refusedWithoutKey: 0,
    aborted: 0,
    inFlight: 0,
    maxInFlight: 0,
    capacity: new Capacity(Number(env.CAPACITY ?? "600") || 0),
    enforceOriginKey: env.ENFORCE_ORIGIN_KEY === "1",
  };
}

/** Puts into a map that must not grow: the oldest leaves. */
export function putBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
  }
}
