/** Makes any text safe to put between tags or into a quoted attribute, in HTML and in XML. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters but tab and line ends, and U+FFFE, U+FFFF: XML 1.0 section 2.2 has no way to write them. */
const UNWRITABLE = /[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu;

export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(UNWRITABLE, "\uFFFD")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
