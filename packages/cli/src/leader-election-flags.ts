import { type LeaseTimes, leaseTimes } from "@sallyport/kube";
import type { Command } from "commander";
import { UsageError } from "./errors.ts";
import { secondsOf } from "./etcd-flags.ts";

/** kube-controller-manager's flags of leader election, by its names. */
export interface LeaderElectionFlags {
  readonly leaderElect?: string;
  readonly leaderElectLeaseDuration: string;
  readonly leaderElectRenewDeadline: string;
  readonly leaderElectRetryPeriod: string;
}

/** Adds them. */
export function addLeaderElectionOptions(command: Command): Command {
  const { leaseSeconds, renewDeadlineSeconds, retrySeconds } = leaseTimes;
  return command
    .option(
      "--leader-elect <true|false>",
      "run controllers only while leading all servers on the store (with etcd the default)",
    )
    .option("--leader-elect-lease-duration <duration>", "how long others wait for who leads", `${leaseSeconds}s`)
    .option(
      "--leader-elect-renew-deadline <duration>",
      "how long who leads tries to go on before it stops",
      `${renewDeadlineSeconds}s`,
    )
    .option("--leader-elect-retry-period <duration>", "how often each tries", `${retrySeconds}s`);
}

/** As `startApiServer` takes it; undefined where the store decides. Throws `UsageError`. */
export function leaderElection(flags: LeaderElectionFlags, isShared: boolean): LeaseTimes | false | undefined {
  const times = {
    leaseSeconds: secondsOf("--leader-elect-lease-duration", flags.leaderElectLeaseDuration),
    renewDeadlineSeconds: secondsOf("--leader-elect-renew-deadline", flags.leaderElectRenewDeadline),
    retrySeconds: secondsOf("--leader-elect-retry-period", flags.leaderElectRetryPeriod),
  };
  if (times.leaseSeconds <= times.renewDeadlineSeconds)
    throw new UsageError("--leader-elect-lease-duration: expected more than --leader-elect-renew-deadline");
  if (times.renewDeadlineSeconds <= times.retrySeconds)
    throw new UsageError("--leader-elect-renew-deadline: expected more than --leader-elect-retry-period");
  switch (flags.leaderElect) {
    case undefined:
      return isShared ? times : undefined;
    case "true":
      return times;
    case "false":
      return false;
    default:
      throw new UsageError(`--leader-elect ${flags.leaderElect}: expected true or false`);
  }
}
