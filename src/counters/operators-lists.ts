/**
 * The lists that operators keep at the watch: whom they called back, whom they banned. They travel whole, from the watch to
 * shards and from shards to isolates, and only to whoever knows an older one. Fields are added, never renamed (protocol.ts).
 */
import type { RevocationList } from "../identity/revocations.ts";
import type { BanList } from "../policy/bans.ts";

export interface OperatorsLists {
  readonly revocations?: RevocationList;
  readonly bans?: BanList;
}

/** Which of them somebody knows: their versions; missing, none. And what travels beside them. */
export interface KnownLists {
  readonly revocationsVersion?: number;
  readonly bansVersion?: number;
  /** Up to when it is known whose passes ended (identity/pass-ends.ts), ms since 1970. */
  readonly passEndsKnown?: number;
}

export function versionsOf({ revocations, bans }: OperatorsLists): KnownLists {
  return { revocationsVersion: revocations?.version ?? 0, bansVersion: bans?.version ?? 0 };
}

/** What of it is new to somebody. */
export function newsFor(
  { revocationsVersion = 0, bansVersion = 0 }: KnownLists,
  lists: OperatorsLists,
): OperatorsLists {
  const { revocations, bans } = lists;
  return {
    ...(revocations && revocations.version > revocationsVersion ? { revocations } : {}),
    ...(bans && bans.version > bansVersion ? { bans } : {}),
  };
}

/** What is known after news: older news, still on its way, is not taken for new. */
export function after(known: OperatorsLists, news: OperatorsLists): OperatorsLists {
  return { ...known, ...newsFor(versionsOf(known), news) };
}
