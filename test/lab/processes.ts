/** What the system says of processes. Linux only; elsewhere nothing is known, and memory reads 0. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

export function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) => read(`${tasks}/${task}/children`).split(" ").filter(Boolean).map(Number));
}

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** "" when it is gone meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
