import { execFile } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Route, routeWarnings } from "../../src/tools/route-warnings.ts";

const warningsFor = (ofRules: readonly string[], routes: readonly Route[], admin = "") =>
  routeWarnings({ ofRules, routes, admin });

describe("hosts of the rules and routes of wrangler.toml", () => {
  it.each<[string, readonly string[], readonly Route[], string]>([
    ["are the same", ["a.lv", "b.lv"], [{ pattern: "a.lv/*" }, "b.lv/*"], ""],
    ["are the same whatever stands before or after the host", ["a.lv", "b.lv"], ["https://A.lv/*", "b.lv"], ""],
    ["are the same where one route is for several", ["a.x.lv", "b.x.lv"], ["*.x.lv/*"], ""],
    ["are the same but for those of this computer", ["a.lv", "localhost", "127.0.0.1"], ["a.lv/*"], ""],
    ["are the same with the operators' host", ["a.lv"], ["a.lv/*", "admin.lv/*"], "admin.lv"],
  ])("%s", (_, hosts, routes, admin) => expect(warningsFor(hosts, routes, admin)).toEqual([]));

  it.each<[string, readonly string[], readonly Route[], string, RegExp]>([
    [
      "without a route",
      ["a.lv", "b.lv"],
      ["a.lv/*"],
      "",
      /^wrangler\.toml: .* b\.lv of .* Add \{ pattern = "b\.lv\/\*"/,
    ],
    ["that only looks like one", ["a.lv"], ["ba.lv/*", "a.lv.b/*"], "", /a\.lv of/],
    [
      "of the operators without a route",
      ["a.lv"],
      ["a.lv/*"],
      "admin.lv",
      /^wrangler\.toml: .* ADMIN_HOST admin\.lv .* Add/,
    ],
    [
      "of a route that no site has",
      ["a.lv"],
      ["a.lv/*", "c.lv/*"],
      "",
      /^src\/rules\.ts: .* "c\.lv\/\*" .* Add the host/,
    ],
  ])("a host %s is named, with the file and the remedy", (_, hosts, routes, admin, sentence) =>
    expect(warningsFor(hosts, routes, admin)).toContainEqual(expect.stringMatching(sentence)),
  );
});

describe("npm run check", () => {
  /** With the shipped rules, and this as wrangler.toml. */
  async function check(wranglerToml: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const cwd = await mkdtemp(join(tmpdir(), "check-"));
    await writeFile(join(cwd, "wrangler.toml"), wranglerToml);
    const script = join(import.meta.dirname, "../../src/tools/check.ts");
    return promisify(execFile)(process.execPath, [script], { cwd, env: { PATH: process.env.PATH } });
  }
  const shipped = (): Promise<string> => readFile(join(import.meta.dirname, "../../wrangler.toml"), "utf8");

  it("says nothing of the shipped files", async () => {
    const { stdout, stderr } = await check(await shipped());
    expect(stdout).toMatch(/^✓ src\/rules\.ts/);
    expect(stderr).not.toContain("route");
  });
  it("warns where they differ, and goes on", async () => {
    const { stdout, stderr } = await check((await shipped()).replace("nvd.example.lv/*", "nvd.example.com/*"));
    expect(stdout).toMatch(/^✓ src\/rules\.ts/);
    expect(stderr).toMatch(/^! wrangler\.toml: .* nvd\.example\.lv /m);
    expect(stderr).toMatch(/^! src\/rules\.ts: .* "nvd\.example\.com\/\*" /m);
  });
});
