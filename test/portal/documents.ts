/** Documents of a patient: uploads hashed as they stream in, downloads in whole or in part. */
import { BrokenMultipart, boundaryOf, type Part, type PartReader, readMultipart } from "./multipart.ts";
import { html, page } from "./page.ts";
import type { StoredDocument } from "./records.ts";
import { plain, randomId, seeOther, toHex, type Visit } from "./visit.ts";

/** Larger ones are known by size and hash only. */
const KEEP_MAX_BYTES = 1_048_576;
const FIELD_MAX_BYTES = 65_536;
const FIELDS_MAX = 50;
interface Upload {
  readonly part: Part;
  readonly digest: DigestStream;
  readonly writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>;
  size: number;
  kept: Uint8Array[] | null;
}

export function listDocuments({ records, person }: Visit): Response {
  const rows = records.documents.last(50);
  return page(
    "Dokumenti",
    person,
    html`<form method="post" action="/app/documents" enctype="multipart/form-data">
        <p><label for="file">Dokuments</label> <input id="file" name="file" type="file" required></p>
        <button>Pievienot</button></form>
      <ul>${rows.map(({ id, name, size }) => html`<li><a href="/app/documents/${id}">${name}</a> (${size} B)</li>`)}</ul>`,
  );
}

export async function takeDocument({ request, records, person }: Visit): Promise<Response> {
  const boundary = boundaryOf(request.headers.get("Content-Type") ?? "");
  if (boundary === null || request.body === null) return plain("Gaidīts multipart/form-data.", 415);
  const reader = new DocumentReader();
  try {
    await readMultipart(request.body, boundary, reader);
  } catch (error) {
    if (error instanceof BrokenMultipart) return plain(`Bojāts pieprasījums: ${error.message}`, 400);
    throw error;
  }
  for (const file of reader.files) {
    const document: StoredDocument = {
      id: randomId(),
      createdBy: person?.user ?? "",
      receivedAt: Date.now(),
      fields: reader.fields,
      ...file,
    };
    records.documents.put(document, (file.content?.byteLength ?? 0) + 500);
  }
  return reader.files.length === 0 ? plain("Nav dokumenta.", 400) : seeOther("/app/documents");
}

export function downloadDocument({ request, records, rest }: Visit): Response {
  const document = records.documents.find(({ id }) => id === rest);
  if (!document) return plain("Nav atrasts. Not found.", 404);
  const { content, sha256, type, name } = document;
  if (content === null) return plain("Glabāts tikai nospiedums. Only its hash is kept.", 410);
  const etag = `"${sha256.slice(0, 32)}"`;
  const headers = new Headers({
    "Content-Type": type,
    "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
    ETag: etag,
  });
  if (request.headers.get("If-None-Match") === etag) return new Response(null, { status: 304, headers });
  const condition = request.headers.get("If-Range");
  const asked = condition === null || condition === etag ? request.headers.get("Range") : null;
  const range = asked === null ? null : rangeOf(asked, content.byteLength);
  if (range === null) return new Response(content, { headers });
  if (range === "beyond") {
    headers.set("Content-Range", `bytes */${content.byteLength}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Range", `bytes ${range.first}-${range.last}/${content.byteLength}`);
  return new Response(content.slice(range.first, range.last + 1), { status: 206, headers });
}

/** One range of bytes (RFC 9110, 14.1.2); what is not one is ignored, as the RFC wants. */
function rangeOf(header: string, size: number): { first: number; last: number } | "beyond" | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return null;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  if (to !== "" && from !== "" && Number(to) < first) return null;
  return first >= size ? "beyond" : { first, last };
}

class DocumentReader implements PartReader {
  readonly fields: (readonly [name: string, value: string])[] = [];
  readonly files: Pick<StoredDocument, "name" | "type" | "size" | "sha256" | "content">[] = [];
  #upload: Upload | null = null;

  begin(part: Part): void {
    if (this.fields.length + this.files.length >= FIELDS_MAX) throw new BrokenMultipart("too many parts");
    const digest = new crypto.DigestStream("SHA-256");
    this.#upload = { part, digest, writer: digest.getWriter(), size: 0, kept: [] };
  }

  async data(bytes: Uint8Array): Promise<void> {
    const upload = this.#upload;
    if (upload === null) return;
    upload.size += bytes.byteLength;
    if (upload.part.fileName === null && upload.size > FIELD_MAX_BYTES)
      throw new BrokenMultipart("a field is too long");
    if (upload.size > KEEP_MAX_BYTES) upload.kept = null;
    // Copied: what is read next may lie in the same memory.
    upload.kept?.push(bytes.slice());
    await upload.writer.write(bytes);
  }

  async end(): Promise<void> {
    const upload = this.#upload;
    if (upload === null) return;
    this.#upload = null;
    await upload.writer.close();
    const sha256 = toHex(new Uint8Array(await upload.digest.digest));
    const content = upload.kept && new Uint8Array(await new Blob(upload.kept).arrayBuffer());
    const { name, fileName, type } = upload.part;
    if (fileName !== null) this.files.push({ name: fileName, type, size: upload.size, sha256, content });
    else this.fields.push([name, new TextDecoder().decode(content ?? new Uint8Array())]);
  }
}
