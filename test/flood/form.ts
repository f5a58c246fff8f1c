/** Reads the forms of the demo portal as a browser would: enough for plain pages, no HTML parser. */

export interface Form {
  /** Path or URL that it is sent to. */
  readonly action: string;
  /** Names and values as they stand in the page. */
  readonly fields: ReadonlyMap<string, string>;
}

/** The form of the page that is sent by POST to this path, or null. */
export function readPostForm(html: string, path: string): Form | null {
  for (const [, attributes = "", inside = ""] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const action = attribute(attributes, "action") ?? "";
    if (attribute(attributes, "method")?.toLowerCase() !== "post" || !action.endsWith(path)) continue;
    return { action, fields: readFields(inside) };
  }
  return null;
}

function readFields(html: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, attributes = ""] of html.matchAll(/<input\b([^>]*)>/gi)) {
    const name = attribute(attributes, "name");
    const unchecked =
      /^(checkbox|radio)$/i.test(attribute(attributes, "type") ?? "") && !/\schecked\b/i.test(attributes);
    if (name && !unchecked) fields.set(name, attribute(attributes, "value") ?? "");
  }
  for (const [, attributes = "", text = ""] of html.matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea>/gi)) {
    const name = attribute(attributes, "name");
    if (name) fields.set(name, unescapeHtml(text));
  }
  for (const [, attributes = "", options = ""] of html.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/gi)) {
    const name = attribute(attributes, "name");
    const chosen = /<option\b([^>]*\sselected\b[^>]*)>/i.exec(options) ?? /<option\b([^>]*)>/i.exec(options);
    if (name) fields.set(name, attribute(chosen?.[1] ?? "", "value") ?? "");
  }
  return fields;
}

function attribute(attributes: string, name: string): string | null {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(attributes);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? null : unescapeHtml(value);
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name: string | undefined) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name?.toLowerCase() ?? ""] ?? whole;
  });
}
