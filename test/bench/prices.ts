/** What a billion requests cost, US dollars: Workers Paid, list prices of November 2026, included amounts left aside. */
const PER_MILLION = { request: 0.3, objectCall: 0.15, rowWritten: 1, kvRead: 0.5 };
const BILLION_IN_MILLIONS = 1000;

/** Of one request on average. CPU time is left out: some 5 to 10 dollars with every design. */
export interface Use {
  readonly objectCalls: number;
  readonly rowsWritten: number;
  readonly kvReads: number;
}

export function dollarsPerBillion({ objectCalls, rowsWritten, kvReads }: Use): number {
  const each =
    PER_MILLION.request +
    objectCalls * PER_MILLION.objectCall +
    rowsWritten * PER_MILLION.rowWritten +
    kvReads * PER_MILLION.kvRead;
  return each * BILLION_IN_MILLIONS;
}
