/** Whether a run proves anything: only when what was under test, not what tested it, was the limit. Pure. */

export interface Effort {
  /** Share of the ticks that came more than 100 ms late, and how late the worst was. */
  readonly lateShare: number;
  readonly worstLateMs: number;
  /** Cores in use on average during the attack; null where the system does not tell. */
  readonly cores: Cores | null;
  readonly sent: number;
  /** Not sent, as every connection of the source was still waiting. */
  readonly heldBack: number;
}

export interface Cores {
  readonly generator: number;
  readonly workerd: number | null;
  /** What other programs used, and what was left idle; null where the system does not tell. */
  readonly others: number | null;
  readonly idle: number | null;
}

const LATE_SHARE_MAX = 0.05;
/** One thread: at this it has no time left for what it should measure, cores. */
const GENERATOR_CORES_MAX = 0.85;
/** Others may use as much while nothing is idle: beyond it they took what the shield would have needed, cores. */
const OTHERS_MAX = 0.4;
const IDLE_MIN = 0.1;
/** workerd answers with one thread too: from here on it may be the limit, cores. */
const WORKERD_BUSY_CORES = 0.7;
const HELD_BACK_SHARE_MAX = 0.1;

export function judgeSoundness({ lateShare, worstLateMs, cores, sent, heldBack }: Effort): {
  readonly sound: boolean;
  readonly remark: string;
} {
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const write = (value: number | null) => value?.toFixed(2) ?? "unknown";
  const busy = cores
    ? ` (cores in use: generator ${cores.generator.toFixed(2)}, workerd ${write(cores.workerd)}, other programs ${write(cores.others)}, idle ${write(cores.idle)})`
    : "";
  if (cores && cores.others !== null && cores.others > OTHERS_MAX && (cores.idle ?? 1) < IDLE_MIN)
    return { sound: false, remark: `other programs took what the lab would have needed${busy}` };
  if (lateShare > LATE_SHARE_MAX)
    return {
      sound: false,
      remark: `the generator was behind its schedule in ${share(lateShare)} of the time, ${Math.round(worstLateMs)} ms at worst${busy}: use a larger --scale`,
    };
  if (cores && cores.generator >= GENERATOR_CORES_MAX && cores.generator >= (cores.workerd ?? 0))
    return { sound: false, remark: `the generator was the bottleneck${busy}: use a larger --scale` };
  const isHeldBack = heldBack > HELD_BACK_SHARE_MAX * (sent + heldBack);
  if (isHeldBack && cores?.workerd != null && cores.workerd < WORKERD_BUSY_CORES && cores.generator >= cores.workerd)
    return { sound: false, remark: `${heldBack} requests were held back by the generator${busy}` };
  return {
    sound: true,
    remark: isHeldBack ? `${heldBack} requests were not sent, as answers came too slowly${busy}` : "",
  };
}
