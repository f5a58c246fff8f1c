/** Fifty invented medicines and twelve invented patients. Nothing here is sold and nobody here lives. */

export interface Medicine {
  readonly code: string;
  readonly name: string;
  readonly strengthMg: number;
  readonly form: string;
}

export interface Patient {
  /** Day, month and year of birth, then a number that no real code has. */
  readonly code: string;
  readonly name: string;
}

const NAMES =
  `Abelvīns Akmenols Alnirāns Ambriksīns Apsetols Astrivaks Ataugols Avotamīns Balsapīns Bērzolāns Brūklenīns
Cīrulāns Dadzivēls Dzelzavols Dzintarols Egliprāms Gailenīts Gaurenols Gundegāns Ievalīns Jāņogāns Kadiķols Kalmerīns
Kļavotāns Krasteīns Ķimenols Lapegāns Lazdiprils Liepasīns Madarols Maurenīns Mellenāns Miežakols Nātrelīns Niedrols
Ozolavīns Paparžols Pīlādzīns Priedelāns Pūpolols Raudenīns Rudzupīns Salvijāns Sausserols Smilgalīns Strazdols
Timiānels Upenavīns Vībotols Zemenāns`.split(/\s+/);
const STRENGTHS_MG = [5, 10, 20, 40, 100, 250, 500];
const FORMS = ["tabletes", "kapsulas", "šķīdums", "ziede"];

export const MEDICINES: readonly Medicine[] = NAMES.map((name, at) => ({
  code: `ZV-${1001 + at}`,
  name,
  strengthMg: STRENGTHS_MG[at % STRENGTHS_MG.length] ?? 10,
  form: FORMS[at % FORMS.length] ?? "tabletes",
}));

const PEOPLE = `Alvīne Paraugs-Nāra, Bērtulis Izdomiņš, Ciemalda Piemērs, Dzintarvīns Neīstais, Eglantīne Tukšābele,
Fricēns Mākonītis, Gundega-Ūna Pasaka, Imantons Vārdelis, Jumalda Rakstzīme, Ķirsons Neviens, Laimdots Paraugojs,
Mirdzena Tēlniece`.split(/,\s*/);

export const PATIENTS: readonly Patient[] = PEOPLE.map((name, at) => ({
  code: `${String(at + 1).padStart(2, "0")}0190-0000${at % 10}`,
  name,
}));

/** Medicines whose name contains the words, without regard to case and diacritics. */
export function searchMedicines(words: string): Medicine[] {
  const wanted = fold(words.slice(0, 100));
  return wanted === ""
    ? []
    : MEDICINES.filter(({ name, code }) => fold(name).includes(wanted) || fold(code) === wanted);
}

export function findMedicine(code: string): Medicine | undefined {
  return MEDICINES.find((medicine) => medicine.code === code);
}

/** Any code of the right shape is some patient's: a demo cannot know all that a test invents. */
export function findPatient(code: string): Patient | null {
  if (!/^\d{6}-\d{5}$/.test(code)) return null;
  return PATIENTS.find((patient) => patient.code === code) ?? { code, name: "Izdomāts Pacients" };
}

export function describe({ code, name, strengthMg, form }: Medicine): string {
  return `${name} ${strengthMg} mg, ${form} (${code})`;
}

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
