import { describe, expect, it } from "vitest";
import { BrokenMultipart, boundaryOf, type Part, readMultipart } from "./multipart.ts";

const MESSAGE = [
  "preamble",
  "--b",
  'Content-Disposition: form-data; name="note"',
  "",
  "one\r\n--not the boundary",
  "--b",
  'Content-Disposition: form-data; name="file"; filename="x.bin"',
  "Content-Type: image/png",
  "",
  "",
  "--b--",
  "epilogue",
].join("\r\n");

async function read(message: string, chunkBytes: number): Promise<(Part & { text: string })[]> {
  const bytes = new TextEncoder().encode(message);
  const parts: (Part & { text: string })[] = [];
  let text = "";
  let part: Part | null = null;
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
  }
  await readMultipart(chunks(), "b", {
    begin(begun) {
      part = begun;
      text = "";
    },
    data(piece) {
      text += new TextDecoder().decode(piece);
    },
    end() {
      if (part) parts.push({ ...part, text });
    },
  });
  return parts;
}

describe("multipart", () => {
  it("reads the same parts however the bytes arrive", async () => {
    for (let size = 1; size <= MESSAGE.length; size++)
      expect(await read(MESSAGE, size)).toEqual([
        { name: "note", fileName: null, type: "text/plain", text: "one\r\n--not the boundary" },
        { name: "file", fileName: "x.bin", type: "image/png", text: "" },
      ]);
  });

  it("refuses a message that stops too early", async () => {
    await expect(read(MESSAGE.slice(0, MESSAGE.indexOf("--b--")), 7)).rejects.toThrow(BrokenMultipart);
    await expect(read("", 7)).rejects.toThrow(BrokenMultipart);
  });

  it("finds the boundary in the content type", () => {
    expect(boundaryOf("multipart/form-data; boundary=----x1")).toBe("----x1");
    expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe("a b");
    expect(boundaryOf("application/json")).toBeNull();
  });
});
