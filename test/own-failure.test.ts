import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OwnFailures } from "../src/own-failure.ts";

const NOW = Date.UTC(2026, 10, 26, 9);

describe("what the shield says of its own failures", () => {
  it("is one line at once, then one in ten seconds that counts, however many requests fail", () => {
    const failures = new OwnFailures();
    const lines = [];
    for (let ms = 0; ms < 30_000; ms += 5) {
      const line = failures.note(new TypeError("what somebody typed"), NOW + ms);
      if (line) lines.push(line);
    }
    const line = { event: "own-failure", error: "TypeError" };
    expect(lines).toEqual([
      { ...line, times: 1 },
      { ...line, times: 2000 },
      { ...line, times: 2000 },
    ]);
  });
  it("is said also of what is no error", () =>
    expect(new OwnFailures().note("thrown", NOW)).toEqual({ event: "own-failure", error: "string", times: 1 }));
});

describe.each(["wrangler.toml", "src/wrangler.staging.toml"])("the log of %s", (path) => {
  const [, logs = ""] = readFileSync(join(import.meta.dirname, "..", path), "utf8").split("[observability.logs]");
  it("keeps every line of what operators ordered and are warned of, and has none for each request", () => {
    expect(logs).toMatch(/^head_sampling_rate = 1$/m);
    expect(logs).toMatch(/^invocation_logs = false$/m);
  });
});
