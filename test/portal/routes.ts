/** Every route of the portal, its cost in units, and who answers. The first that fits is taken. */
import {
  listPrescriptions,
  patients,
  prescriptionForm,
  sickLeaveForm,
  takePrescription,
  takeSickLeave,
} from "./clinic.ts";
import { downloadDocument, listDocuments, takeDocument } from "./documents.ts";
import { downloadBig, echo } from "./echo.ts";
import { listTasks, takeResource, unknownResource } from "./fhir.ts";
import { events, socket } from "./live.ts";
import { asset, autocomplete, contactForm, home, news, search, takeContact } from "./public-pages.ts";
import { consumeAssertion, providerPage, startLogin } from "./saml.ts";
import { forgotPassword, loginForm, loginWithPassword, logout, promptPhone } from "./sign-in.ts";
import { prescriptionService, soapUnits } from "./soap.ts";
import { type Handler, plain } from "./visit.ts";

export interface Route {
  /** `*` for any; GET answers HEAD as well. */
  readonly method: string;
  /** With `/*` at its end: everything below. */
  readonly path: string;
  readonly units: number | ((request: Request) => number);
  readonly handle: Handler;
}

const STATIC = 0;
const PLAIN = 1;
const WRITE = 2;
const SEARCH = 4;
const SIGN_IN = 5;

export const ROUTES: readonly Route[] = [
  route("GET", "/", PLAIN, home),
  route("GET", "/assets/*", STATIC, asset),
  route("GET", "/.shield/*", STATIC, () => plain("Šeit nav vairoga. There is no shield here.", 404)),
  route("GET", "/news", PLAIN, news),
  route("GET", "/search", SEARCH, search),
  route("GET", "/api/autocomplete", SEARCH, autocomplete),
  route("GET", "/contact", PLAIN, contactForm),
  route("POST", "/contact", PLAIN, takeContact),

  route("GET", "/login", SIGN_IN, loginForm),
  route("POST", "/login/password", SIGN_IN, loginWithPassword),
  route("GET", "/login/start", SIGN_IN, startLogin),
  // Another house with machines of its own.
  route("GET", "/idp/login", STATIC, providerPage),
  route("POST", "/saml/acs", SIGN_IN, consumeAssertion),
  route("POST", "/login/smartid", SIGN_IN, promptPhone),
  route("POST", "/password/forgot", SIGN_IN, forgotPassword),
  route("POST", "/logout", PLAIN, logout),

  route("GET", "/app/prescriptions", PLAIN, listPrescriptions),
  route("GET", "/app/prescriptions/new", PLAIN, prescriptionForm),
  route("POST", "/app/prescriptions", WRITE, takePrescription),
  route("GET", "/app/sick-leaves/new", PLAIN, sickLeaveForm),
  route("POST", "/app/sick-leaves", PLAIN, takeSickLeave),
  route("GET", "/app/patients", PLAIN, patients),
  route("GET", "/app/documents", PLAIN, listDocuments),
  route("POST", "/app/documents", PLAIN, takeDocument),
  route("GET", "/app/documents/*", PLAIN, downloadDocument),
  route("GET", "/app/events", PLAIN, events),
  route("GET", "/app/socket", PLAIN, socket),

  route("POST", "/soap/prescription", soapUnits, prescriptionService),
  route("POST", "/fhir/ServiceRequest", PLAIN, takeResource),
  route("POST", "/fhir/DiagnosticReport", PLAIN, takeResource),
  route("GET", "/fhir/Task", PLAIN, listTasks),
  route("*", "/fhir/*", PLAIN, unknownResource),

  route("GET", "/download/big", PLAIN, downloadBig),
  route("*", "/echo/*", PLAIN, echo),
  route("*", "/*", PLAIN, () => plain("Nav atrasts. Not found.", 404)),
];

export interface Found {
  readonly route: Route;
  readonly name: string;
  readonly units: number;
  readonly rest: string;
}

export function findRoute(request: Request, pathname: string): Found | null {
  const method = request.method === "HEAD" ? "GET" : request.method;
  for (const each of ROUTES) {
    const stem = each.path.endsWith("/*") ? each.path.slice(0, -1) : null;
    const fits = stem === null ? pathname === each.path : pathname.startsWith(stem);
    if (!fits || (each.method !== "*" && each.method !== method)) continue;
    const units = typeof each.units === "number" ? each.units : each.units(request);
    return { route: each, name: `${each.method} ${each.path}`, units, rest: stem ? pathname.slice(stem.length) : "" };
  }
  return null;
}

function route(method: string, path: string, units: Route["units"], handle: Handler): Route {
  return { method, path, units, handle };
}
