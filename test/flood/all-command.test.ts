/** `npm run flood -- all`, as it is called: a scenario that gives no result is a row of its own, and the exit code says so. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Exit code, and what was printed. */
function flood(...words: readonly string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "flood.ts"), ...words], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let printed = "";
  child.stdout.on("data", (bytes: Buffer) => {
    printed += bytes.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, printed }));
  });
}

const BRIEFLY = ["--model", "--quiet", "--calm", "1", "--seconds", "5", "--after", "0", "--scale", "200"];

test("one that fails is a FAILED row with its reason and exit code 1, and those after it run", async () => {
  // It has no model.
  const { code, printed } = await flood("all", "--only", "challenge-flood,cache-buster", ...BRIEFLY);
  expect(printed).toMatch(/^challenge-flood +FAILED: .*challenge-flood has no model/m);
  expect(printed).toMatch(/^cache-buster +(?!FAILED)\S/m);
  expect(printed).not.toContain("Ended early");
  expect(code).toBe(1);
});

test("all that give a result end with exit code 0, whatever goals they miss", async () => {
  const { code, printed } = await flood("all", "--only", "cache-buster", ...BRIEFLY);
  expect([code, printed.includes("FAILED")]).toEqual([0, false]);
});
