/** Forms as people and portals make them, the same ones in every run, and the bytes that a browser makes of them. */
import { Random } from "../flood/random.ts";

export type Enctype = "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain";

/** A field, or a file: its bytes are numbers, as they travel to the browser as JSON. */
export interface Entry {
  readonly name: string;
  readonly value: string;
  readonly file: readonly number[] | null;
}

export interface RandomForm {
  readonly enctype: Enctype;
  readonly entries: readonly Entry[];
}

const ENCTYPES: readonly Enctype[] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
const NAMES = ["note", "submit", "action", "method", "patient[0]", "a", "a", "ģ", "x.y", "elements"];
const WORDS = [
  "",
  "1+1",
  "50 %",
  '"lēni"',
  "'x'",
  "&amp;",
  "a=b&c=d",
  "rinda\nrinda",
  "\r\n",
  "ģēļķņšūžīāč",
  "👩🏽‍⚕️",
  "%2B",
  "<b>",
  "\t",
  "shield-until=",
  "--",
];

export function randomForm(seed: number): RandomForm {
  const random = new Random(seed + 1);
  const below = (most: number) => Math.floor(random.fraction() * most);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const enctype = ENCTYPES[seed % 3] as Enctype;
  const entries = Array.from({ length: below(6) }, (): Entry => {
    const value = Array.from({ length: below(5) }, () => pick(WORDS))
      .join(pick([" ", "", "+"]))
      .repeat(below(10) === 0 ? 2_000 : 1);
    const isFile = enctype === "multipart/form-data" && below(3) === 0;
    return {
      name: pick(NAMES),
      value: isFile ? `${pick(["a", "ģ b", 'c"d'])}.bin` : value,
      file: isFile ? Array.from({ length: below(4_000) }, () => below(256)) : null,
    };
  });
  return { enctype, entries };
}

/** Runs in the browser. */
export function submitForm({ action, enctype, entries }: RandomForm & { readonly action: string }): void {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, enctype });
  form.acceptCharset = "utf-8";
  document.body.append(form);
  for (const { name, value, file } of entries) {
    const field = document.createElement(file ? "input" : "textarea");
    field.setAttribute("name", name);
    if (file) {
      const given = new DataTransfer();
      given.items.add(new File([Uint8Array.from(file)], value, { type: "application/x-random" }));
      Object.assign(field, { type: "file" });
      (field as HTMLInputElement).files = given.files;
    } else (field as HTMLTextAreaElement).value = value;
    form.append(field);
  }
  HTMLFormElement.prototype.submit.call(form);
}

/** What the HTML standard makes of it (https://html.spec.whatwg.org/#form-submission-algorithm): line ends become CRLF. */
export function expectedBody(enctype: Enctype, entries: readonly Entry[], boundary: string): Buffer {
  const lines = (text: string) => text.replace(/\r\n|\r|\n/g, "\r\n");
  switch (enctype) {
    case "application/x-www-form-urlencoded":
      return Buffer.from(new URLSearchParams(entries.map(({ name, value }) => [name, lines(value)])).toString());
    case "text/plain":
      return Buffer.from(entries.map(({ name, value }) => `${name}=${lines(value)}\r\n`).join(""));
    case "multipart/form-data": {
      const quoted = (text: string) => text.replace(/"/g, "%22");
      const parts = entries.map(({ name, value, file }) => {
        const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
        return file
          ? Buffer.concat([
              Buffer.from(`${head}; filename="${quoted(value)}"\r\nContent-Type: application/x-random\r\n\r\n`),
              Buffer.from(file),
              Buffer.from("\r\n"),
            ])
          : Buffer.from(`${head}\r\n\r\n${lines(value)}\r\n`);
      });
      return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
    }
  }
}
