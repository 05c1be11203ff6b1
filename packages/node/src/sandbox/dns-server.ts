import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from "dns-packet";
import { type ClusterObjects, clusterName, type NameAnswer } from "./cluster-dns.ts";

export interface DnsOptions {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** `cluster.local`. */
  readonly domain: string;
  readonly objects: ClusterObjects;
  /** Who is asked for other names, in turn. */
  readonly upstreams: readonly { readonly address: string; readonly port: number }[];
}

/** As CoreDNS answers Services' names. */
const ttlSeconds = 5;
const upstreamMs = 2000;
/** What is longer is asked for again over TCP. RFC 1035, section 4.2.1; RFC 6891 lets clients take more, as most do. */
const maxUdpBytes = 1232;
const maxTcpBytes = 65_535;
/** RFC 1035, section 4.1.1. */
const codes = { absent: 3, failed: 2 } as const;
/** A client that sends nothing more. */
const idleMs = 10_000;

/** Answers pods' questions about names: those of the cluster by itself, all others by asking upstream. */
export class DnsServer {
  readonly #options: DnsOptions;
  readonly #udp: Socket;
  readonly #tcp: Server;

  constructor(options: DnsOptions) {
    this.#options = options;
    this.#udp = createSocket("udp4", (message, { address, port }) => {
      void this.#answer(message, maxUdpBytes).then((answer) => answer && this.#udp.send(answer, port, address));
    });
    this.#tcp = createServer((socket) => {
      socket.setTimeout(idleMs, () => socket.destroy());
      socket.on("error", () => socket.destroy());
      let rest: Buffer = Buffer.alloc(0);
      socket.on("data", (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
          const length = rest.readUInt16BE(0);
          const message = rest.subarray(2, 2 + length);
          rest = rest.subarray(2 + length);
          void this.#answer(message, maxTcpBytes).then((answer) => answer && socket.write(framed(answer)));
        }
      });
    });
  }

  async start(): Promise<void> {
    const { address, port } = this.#options;
    this.#udp.bind(port, address);
    this.#tcp.listen(port, address);
    await Promise.all([once(this.#udp, "listening"), once(this.#tcp, "listening")]);
  }

  /** Where it listens, when the port was 0. */
  get port(): { readonly udp: number; readonly tcp: number } {
    return { udp: this.#udp.address().port, tcp: (this.#tcp.address() as { readonly port: number }).port };
  }

  stop(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  /** Undefined for what is no question at all. */
  async #answer(message: Buffer, limit: number): Promise<Buffer | undefined> {
    let asked: Packet;
    try {
      asked = decode(message);
    } catch {
      return undefined;
    }
    const [question] = asked.questions ?? [];
    if (asked.type !== "query" || question === undefined) return undefined;
    const { domain, objects } = this.#options;
    const name = question.name.toLowerCase();
    const found = clusterName(name, domain, objects);
    if (found === undefined) return this.#forward(message, asked, limit);
    if (found === "absent") return reply(asked, question, [], codes.absent, limit);
    if ("alias" in found) return reply(asked, question, [alias(question.name, found.alias)], 0, limit);
    return reply(asked, question, answersOf(question, found), 0, limit);
  }

  async #forward(message: Buffer, asked: Packet, limit: number): Promise<Buffer> {
    const [question] = asked.questions as [Question];
    for (const upstream of this.#options.upstreams) {
      const answer = await askUpstream(message, upstream);
      if (answer !== undefined && answer.length <= limit) return answer;
    }
    return reply(asked, question, [], codes.failed, limit);
  }
}

function answersOf({ name, type }: Question, { addresses, services }: NameAnswer): readonly Answer[] {
  const base = { name, ttl: ttlSeconds, class: "IN" } as const;
  if (type === "A") return addresses.map((data) => ({ ...base, type: "A", data }));
  if (type !== "SRV") return [];
  const weight = Math.max(1, Math.floor(100 / Math.max(1, services.length)));
  return services.map(({ port, target }) => ({ ...base, type: "SRV", data: { priority: 0, weight, port, target } }));
}

function alias(name: string, data: string): Answer {
  return { name, type: "CNAME", class: "IN", ttl: ttlSeconds, data };
}

/** Cut, and said so, where it is too long for the way that it goes. */
function reply(asked: Packet, question: Question, answers: readonly Answer[], code: number, limit: number): Buffer {
  const truncated = 0x0200;
  const base = {
    type: "response" as const,
    id: asked.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((asked.flags ?? 0) & RECURSION_DESIRED) | code,
    questions: [question],
  };
  const whole = encode({ ...base, answers: [...answers] });
  return whole.length <= limit ? whole : encode({ ...base, flags: base.flags | truncated, answers: [] });
}

/** Its answer as it came; undefined when there is none in time. */
async function askUpstream(
  message: Buffer,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<Buffer | undefined> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), upstreamMs);
      const end = (answer: Buffer | undefined) => {
        clearTimeout(timer);
        resolve(answer);
      };
      // Answers to others' questions are none.
      socket.on("message", (answer) => answer.readUInt16BE(0) === message.readUInt16BE(0) && end(answer));
      socket.on("error", () => end(undefined));
      socket.connect(port, address, () => socket.send(message));
    });
  } finally {
    socket.close();
  }
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(message.length);
  return Buffer.concat([head, message]);
}
