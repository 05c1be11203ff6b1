import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { ToolFault, tool } from "../tool.ts";

/** A node's part of the pods' network, and the names that its links have on the machine. */
export interface NodeNetwork {
  /** Different for each server of this machine: six letters and digits. */
  readonly tag: string;
  /** `10.244.3`: the first three numbers of its 256 addresses. */
  readonly prefix: string;
}

/** So many servers of one machine can have pods of their own. */
const maxNetworks = 256;
/** The last two numbers of a network that no pod gets: its own, the node's, and that of broadcasts. */
const [firstPod, lastPod] = [2, 254];

/**
 * Every pod has a link of its own to the node, which routes: no bridge, so that what Services turn over comes back the same way. Each pod
 * believes to be alone, with the node's address as its only neighbour; the node answers for that address on every link.
 */
export class PodNetwork {
  readonly network: NodeNetwork;
  readonly #taken = new Set<number>();

  constructor(network: NodeNetwork) {
    this.network = network;
  }

  /** The node's own address among the pods. */
  get address(): string {
    return `${this.network.prefix}.1`;
  }

  get cidr(): string {
    return `${this.network.prefix}.0/24`;
  }

  /** Holds the node's address, whoever comes and goes: a bridge without links, since some kernels have no dummy links. */
  get #ownLink(): string {
    return `sp${this.network.tag}`;
  }

  /** Takes the node's address, and lets the machine route between pods. */
  async start(): Promise<void> {
    const link = this.#ownLink;
    const lines = [
      `link add ${link} type bridge`,
      `addr add ${this.address}/32 dev ${link}`,
      `link set ${link} up`,
      `route add ${this.cidr} dev ${link}`,
    ];
    await tool("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n` });
    await writeFile("/proc/sys/net/ipv4/ip_forward", "1").catch((error: Error) => {
      throw new ToolFault(`this machine cannot be made to route between pods: ${error.message}`);
    });
  }

  async stop(): Promise<void> {
    await tool("ip", ["link", "del", this.#ownLink]).catch(() => {});
  }

  /** Joins a pod's network namespace; answers its address. Throws when all are taken. */
  async join(podUid: string, namespace: string): Promise<string> {
    const number = this.#take();
    const ip = `${this.network.prefix}.${number}`;
    const link = this.linkOf(podUid);
    const outside = [
      `link add ${link} type veth peer name eth0 netns ${namespace}`,
      `link set ${link} up`,
      `route add ${ip}/32 dev ${link} src ${this.address}`,
    ];
    const inside = [
      "link set lo up",
      `addr add ${ip}/32 dev eth0`,
      "link set eth0 up",
      `route add ${this.address}/32 dev eth0 scope link`,
      `route add default via ${this.address} dev eth0`,
    ];
    try {
      await tool("ip", ["-batch", "-"], { input: `${outside.join("\n")}\n` });
      await tool("nsenter", [`--net=${namespace}`, "ip", "-batch", "-"], { input: `${inside.join("\n")}\n` });
    } catch (error) {
      await this.leave(podUid, ip);
      throw error;
    }
    return ip;
  }

  /** The link may be gone with its namespace already. */
  async leave(podUid: string, ip: string): Promise<void> {
    await tool("ip", ["link", "del", this.linkOf(podUid)]).catch(() => {});
    this.#taken.delete(Number(ip.split(".")[3]));
  }

  /** Names of links have 15 letters at most. */
  linkOf(podUid: string): string {
    return `sp${this.network.tag}${createHash("sha256").update(podUid).digest("hex").slice(0, 7)}`;
  }

  #take(): number {
    for (let number = firstPod; number <= lastPod; number++)
      if (!this.#taken.has(number)) {
        this.#taken.add(number);
        return number;
      }
    throw new Error(`no address is free in ${this.cidr}`);
  }
}

/** The first of 10.244.0.0/16's parts to which this machine has no route yet. Throws when there is none. */
export async function freePrefix(): Promise<string> {
  const routes = await tool("ip", ["-4", "route", "show", "table", "all"]);
  for (let number = 0; number < maxNetworks; number++)
    if (!routes.includes(`10.244.${number}.`)) return `10.244.${number}`;
  throw new Error("every part of 10.244.0.0/16 is in use on this machine");
}

/** What names a node's links, cgroups and tables on the machine: the same after a restart, another for another folder. */
export function tagOf(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 6);
}
