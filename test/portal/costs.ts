/**
 * What each route of the portal costs, in units. The first that fits is taken. Apart from who answers, so that the flood
 * lab's model of the portal goes by the same figures.
 */

/** Headers are all that is read of a request. */
export interface Asking {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
}

export interface Cost {
  /** `*` for any; GET answers HEAD as well. */
  readonly method: string;
  /** With `/*` at its end: everything below. */
  readonly path: string;
  readonly units: number | ((asking: Asking) => number);
}

const STATIC = 0;
const PLAIN = 1;
const WRITE = 2;
const SEARCH = 4;
const SIGN_IN = 5;

export const COSTS: readonly Cost[] = [
  cost("GET", "/", PLAIN),
  cost("GET", "/assets/*", STATIC),
  cost("GET", "/.shield/*", STATIC),
  cost("GET", "/news", PLAIN),
  cost("GET", "/search", SEARCH),
  cost("GET", "/api/autocomplete", SEARCH),
  cost("GET", "/contact", PLAIN),
  cost("POST", "/contact", PLAIN),
  cost("GET", "/login", SIGN_IN),
  cost("POST", "/login/password", SIGN_IN),
  cost("GET", "/login/start", SIGN_IN),
  cost("GET", "/idp/login", STATIC),
  cost("POST", "/saml/acs", SIGN_IN),
  cost("POST", "/login/smartid", SIGN_IN),
  cost("POST", "/password/forgot", SIGN_IN),
  cost("POST", "/logout", PLAIN),
  cost("GET", "/app/prescriptions", PLAIN),
  cost("GET", "/app/prescriptions/new", PLAIN),
  cost("POST", "/app/prescriptions", WRITE),
  cost("GET", "/app/sick-leaves/new", PLAIN),
  cost("POST", "/app/sick-leaves", PLAIN),
  cost("GET", "/app/patients", PLAIN),
  cost("GET", "/app/documents", PLAIN),
  cost("POST", "/app/documents", PLAIN),
  cost("GET", "/app/documents/*", PLAIN),
  cost("GET", "/app/events", PLAIN),
  cost("GET", "/app/socket", PLAIN),
  cost("POST", "/soap/prescription", soapUnits),
  cost("POST", "/fhir/ServiceRequest", PLAIN),
  cost("POST", "/fhir/DiagnosticReport", PLAIN),
  cost("GET", "/fhir/Task", PLAIN),
  cost("*", "/fhir/*", PLAIN),
  cost("GET", "/download/big", PLAIN),
  cost("*", "/echo/*", PLAIN),
  cost("*", "/*", PLAIN),
];

export function findCost(asking: Asking, pathname: string): (Cost & { readonly units: number }) | null {
  const method = asking.method === "HEAD" ? "GET" : asking.method;
  for (const each of COSTS) {
    const stem = each.path.endsWith("/*") ? each.path.slice(0, -1) : null;
    const fits = stem === null ? pathname === each.path : pathname.startsWith(stem);
    if (!fits || (each.method !== "*" && each.method !== method)) continue;
    return { ...each, units: typeof each.units === "number" ? each.units : each.units(asking) };
  }
  return null;
}

/** Writing costs the portal twice what reading does; the header tells before the body is read. */
function soapUnits({ headers }: Asking): number {
  const told = `${headers.get("SOAPAction") ?? ""} ${headers.get("Content-Type") ?? ""}`;
  return told.includes("CreatePrescription") ? WRITE : PLAIN;
}

function cost(method: string, path: string, units: Cost["units"]): Cost {
  return { method, path, units };
}
