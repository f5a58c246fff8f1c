/** Markup that cannot be injected into: whatever is put into a template is escaped unless it is markup already. */

export interface Markup {
  readonly markup: string;
}

type Piece = Markup | string | number | readonly Markup[];

/** Fits HTML and SVG alike: void elements are written with a slash, attributes always in double quotes. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: strings.reduce((text, part, i) => text + asMarkup(pieces[i - 1] ?? "") + part) };
}

export const NOTHING: Markup = { markup: "" };

/** Characters that XML forbids even when escaped become the replacement character: names of rules are free text. */
export function escapeText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}

function asMarkup(piece: Piece): string {
  if (typeof piece === "number") return String(piece);
  if (typeof piece === "string") return escapeText(piece);
  return "markup" in piece ? piece.markup : piece.map(({ markup }) => markup).join("");
}
