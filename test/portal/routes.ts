/** Every route of the portal and who answers. What each costs, and which is meant, stands in costs.ts. */
import {
  listPrescriptions,
  patients,
  prescriptionForm,
  sickLeaveForm,
  takePrescription,
  takeSickLeave,
} from "./clinic.ts";
import { COSTS, findCost } from "./costs.ts";
import { downloadDocument, listDocuments, takeDocument } from "./documents.ts";
import { downloadBig, echo } from "./echo.ts";
import { listTasks, takeResource, unknownResource } from "./fhir.ts";
import { events, socket } from "./live.ts";
import { asset, autocomplete, contactForm, home, news, search, takeContact } from "./public-pages.ts";
import { consumeAssertion, providerPage, startLogin } from "./saml.ts";
import { forgotPassword, loginForm, loginWithPassword, logout, promptPhone } from "./sign-in.ts";
import { prescriptionService } from "./soap.ts";
import { type Handler, plain } from "./visit.ts";

export interface Route {
  /** `*` for any; GET answers HEAD as well. */
  readonly method: string;
  /** With `/*` at its end: everything below. */
  readonly path: string;
  readonly handle: Handler;
}

export const ROUTES: readonly Route[] = [
  route("GET", "/", home),
  route("GET", "/assets/*", asset),
  route("GET", "/.shield/*", () => plain("Šeit nav vairoga. There is no shield here.", 404)),
  route("GET", "/news", news),
  route("GET", "/search", search),
  route("GET", "/api/autocomplete", autocomplete),
  route("GET", "/contact", contactForm),
  route("POST", "/contact", takeContact),

  route("GET", "/login", loginForm),
  route("POST", "/login/password", loginWithPassword),
  route("GET", "/login/start", startLogin),
  // Another house with machines of its own.
  route("GET", "/idp/login", providerPage),
  route("POST", "/saml/acs", consumeAssertion),
  route("POST", "/login/smartid", promptPhone),
  route("POST", "/password/forgot", forgotPassword),
  route("POST", "/logout", logout),

  route("GET", "/app/prescriptions", listPrescriptions),
  route("GET", "/app/prescriptions/new", prescriptionForm),
  route("POST", "/app/prescriptions", takePrescription),
  route("GET", "/app/sick-leaves/new", sickLeaveForm),
  route("POST", "/app/sick-leaves", takeSickLeave),
  route("GET", "/app/patients", patients),
  route("GET", "/app/documents", listDocuments),
  route("POST", "/app/documents", takeDocument),
  route("GET", "/app/documents/*", downloadDocument),
  route("GET", "/app/events", events),
  route("GET", "/app/socket", socket),

  route("POST", "/soap/prescription", prescriptionService),
  route("POST", "/fhir/ServiceRequest", takeResource),
  route("POST", "/fhir/DiagnosticReport", takeResource),
  route("GET", "/fhir/Task", listTasks),
  route("*", "/fhir/*", unknownResource),

  route("GET", "/download/big", downloadBig),
  route("*", "/echo/*", echo),
  route("*", "/*", () => plain("Nav atrasts. Not found.", 404)),
];

export interface Found {
  readonly route: Route;
  readonly name: string;
  readonly units: number;
  readonly rest: string;
}

export function findRoute(request: Request, pathname: string): Found | null {
  const found = findCost(request, pathname);
  const route = found && ROUTES.find(({ method, path }) => method === found.method && path === found.path);
  if (!route) return null;
  const { method, path, units } = found;
  return { route, name: `${method} ${path}`, units, rest: path.endsWith("/*") ? pathname.slice(path.length - 1) : "" };
}

/** @throws when costs.ts does not know it */
function route(method: string, path: string, handle: Handler): Route {
  if (!COSTS.some((cost) => cost.method === method && cost.path === path))
    throw new Error(`${method} ${path} has no cost: add it to costs.ts, in the same order`);
  return { method, path, handle };
}
