/** A doctor's pages: prescriptions, sick leaves, patients. What is written here must arrive once and unchanged. */
import { describe, findMedicine, findPatient, MEDICINES, PATIENTS } from "./medicines.ts";
import { area, field, type Html, html, page, SHIELD_CLIENT } from "./page.ts";
import type { Prescription, Records } from "./records.ts";
import { type Form, readForm, seeOther, type Visit } from "./visit.ts";

const LISTED = 50;

export function listPrescriptions({ records, person }: Visit): Response {
  const rows = records.prescriptions.last(LISTED);
  return page(
    "E-receptes",
    person,
    html`<p><a href="/app/prescriptions/new">Jauna e-recepte</a></p>
      <table><caption>Pēdējās e-receptes</caption>
        <thead><tr><th scope="col">Nr.</th><th scope="col">Pacients</th><th scope="col">Zāles</th>
          <th scope="col">Piezīme</th><th scope="col">Izrakstīja</th></tr></thead>
        <tbody>${rows.map(
          ({ id, patient, medicine, note, createdBy }) => html`<tr data-id="${id}"><td>${id}</td><td>${patient}</td>
          <td>${medicine}</td><td>${note}</td><td>${createdBy}</td></tr>`,
        )}</tbody></table>`,
  );
}

export function prescriptionForm({ url, person }: Visit): Response {
  const patient = url.searchParams.get("patient") ?? "";
  return page("Jauna e-recepte", person, prescriptionFields(patient));
}

export async function takePrescription({ request, records, person }: Visit): Promise<Response> {
  const form = await readForm(request);
  const missing = ["patient", "medicine", "dose"].filter((name) => form.get(name) === "");
  if (missing.length > 0)
    return page(
      "Jauna e-recepte",
      person,
      html`<p class="error">Nav aizpildīts: ${missing.join(", ")}</p>${prescriptionFields(form.get("patient"))}`,
      400,
    );
  fillPrescription(records, form, person?.user ?? "", "portal");
  return seeOther("/app/prescriptions");
}

/** Stores it as it came. A portal prescription is signed with the form; a machine's needs one more call. */
export function fillPrescription(
  records: Records,
  form: Form,
  createdBy: string,
  via: Prescription["via"],
): Prescription {
  const prescription: Prescription = {
    id: `R-${100_000 + records.prescriptions.total}`,
    createdBy,
    receivedAt: Date.now(),
    fields: form.fields,
    bodySha256: form.sha256,
    patient: form.get("patient"),
    medicine: form.get("medicine"),
    dose: form.get("dose"),
    note: form.get("note"),
    via,
    signed: via === "portal",
  };
  records.prescriptions.put(prescription, sizeOf(form));
  return prescription;
}

export function sickLeaveForm({ url, person }: Visit): Response {
  return page(
    "Darbnespējas lapa",
    person,
    html`<form method="post" action="/app/sick-leaves">
        ${field("Pacienta kods", "patient", { value: url.searchParams.get("patient") ?? "" })}
        ${field("No", "from", { type: "date" })} ${field("Līdz", "until", { type: "date", required: false })}
        ${area("Iemesls", "reason")} <button>Atvērt</button></form>`,
  );
}

export async function takeSickLeave({ request, records, person }: Visit): Promise<Response> {
  const form = await readForm(request);
  if (form.get("patient") === "")
    return page("Darbnespējas lapa", person, html`<p class="error">Nav norādīts pacients.</p>`, 400);
  const id = `D-${100_000 + records.sickLeaves.total}`;
  const filed = { id, createdBy: person?.user ?? "", receivedAt: Date.now() };
  records.sickLeaves.put({ ...filed, fields: form.fields, bodySha256: form.sha256 }, sizeOf(form));
  return seeOther("/app/prescriptions");
}

export function patients({ url, records, person }: Visit): Response {
  const code = url.searchParams.get("code") ?? url.searchParams.get("id") ?? "";
  const patient = findPatient(code);
  const theirs = patient ? records.prescriptions.last(LISTED).filter(({ patient: of }) => of === code) : [];
  return page(
    "Pacienti",
    person,
    html`<form action="/app/patients"><p><label for="code">Personas kods</label>
        <input id="code" name="code" value="${code}"></p><button>Meklēt</button></form>
      ${
        patient
          ? html`<h2>${patient.name}</h2><p>${patient.code}</p>
        <p><a href="/app/prescriptions/new?patient=${patient.code}">Izrakstīt e-recepti</a></p>
        <ul>${theirs.map(({ id, medicine }) => html`<li>${id}: ${medicine}</li>`)}</ul>`
          : html`<ul>${PATIENTS.map(
              (each) => html`<li><a href="/app/patients?code=${each.code}">${each.name}</a></li>`,
            )}</ul>`
      }`,
  );
}

function prescriptionFields(patient: string): Html {
  return html`${SHIELD_CLIENT}<form method="post" action="/app/prescriptions">
        ${field("Pacienta kods", "patient", { value: patient })}
        <p><label for="medicine">Zāles</label>
        <input id="medicine" name="medicine" list="suggestions" data-suggest required autocomplete="off"></p>
        <datalist id="suggestions">${MEDICINES.slice(0, 10).map(
          (medicine) => html`<option value="${medicine.name}">${describe(medicine)}</option>`,
        )}</datalist>
        ${field("Deva", "dose")} ${area("Piezīme", "note")} <button>Izrakstīt</button></form>`;
}

function sizeOf({ fields }: Form): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length, 200);
}

export function medicineOf(code: string): string {
  const medicine = findMedicine(code);
  return medicine ? describe(medicine) : code;
}
