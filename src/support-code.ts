/** The support code: 40 bits that a person reads out on the phone, XXXX-XXXX. */

/** Without 0 O 1 I, which sound or look alike. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** The first 40 bits as XXXX-XXXX. */
export function spellCode(bytes: Uint8Array): string {
  let bits = 0n;
  for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(bytes[i] ?? 0);
  let text = "";
  for (let i = 7; i >= 0; i--) {
    text += ALPHABET[Number((bits >> BigInt(5 * i)) & 31n)];
    if (i === 4) text += "-";
  }
  return text;
}

/** A code as somebody typed it, in any case, with or without what separates it; null when it is none. */
export function parseCode(typed: string): string | null {
  if (typed.length > 40) return null;
  const letters = typed.toUpperCase().replace(/[\s\-–.]/g, "");
  const known = letters.length === 8 && [...letters].every((letter) => ALPHABET.includes(letter));
  return known ? `${letters.slice(0, 4)}-${letters.slice(4)}` : null;
}
