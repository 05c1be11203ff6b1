import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type ProcessExit, type ProcessIo, type RunningProcess, RuntimeFault } from "../runtime/container-runtime.ts";
import { loggedLine, oneLine } from "../runtime/program-log.ts";
import { buses, slotsPerBus } from "./guest-scripts.ts";

export interface GuestBeginning {
  readonly hostname: string;
  readonly sysctls: { readonly [name: string]: string };
  readonly network?: { readonly address: string } | undefined;
}

/** What a process of a guest is: a container's first, or another. */
export type GuestCommand =
  | { readonly verb: "run"; readonly id: string }
  | { readonly verb: "exec"; readonly id: string; readonly file: string };

/** The socket of the agent's lines. */
export const agentFile = "agent";

/** The sockets of what a process reads, writes, and says of errors. */
export function channelFiles(slot: number): readonly [string, string, string] {
  return [`in${slot}`, `out${slot}`, `err${slot}`];
}

const maxProcesses = buses * slotsPerBus;
/** An imitated processor is slow, above all on a busy machine. */
const [callSeconds, startSeconds] = [60, 120];

/** The host's side of what `agentScript` says. */
export class GuestAgent {
  readonly #control: Socket;
  readonly #folder: string;
  readonly #slots = new Map<number, GuestProcess>();
  readonly #calls = new Map<string, (said: { readonly code: number; readonly text: string }) => void>();
  readonly #ready = Promise.withResolvers<void>();
  #lastSlot = 0;
  #count = 0;
  #isClosed = false;

  private constructor(control: Socket, folder: string) {
    this.#control = control;
    this.#folder = folder;
    this.#ready.promise.catch(() => {});
    createInterface({ input: control })
      .on("line", (line) => this.#hear(line))
      // A channel that breaks is closed too.
      .on("error", () => {});
    control.on("error", () => {});
    control.on("close", () => this.#lose());
  }

  /** By the sockets of a guest's channels in a folder. */
  static async connect(folder: string): Promise<GuestAgent> {
    return new GuestAgent(await open(join(folder, agentFile)), folder);
  }

  /** Tells a guest who it is; resolves when it can run containers. */
  async begin({ hostname, sysctls, network }: GuestBeginning): Promise<void> {
    this.#say("begin", network?.address ?? "-", hostname);
    for (const [name, value] of Object.entries(sysctls)) this.#say("sysctl", name.replaceAll(".", "/"), oneLine(value));
    this.#say("ready");
    await this.#ready.promise;
  }

  /** Resolves once the process runs. */
  async start(command: GuestCommand, io: ProcessIo, reason: string): Promise<RunningProcess> {
    if (this.#isClosed) throw new RuntimeFault(reason, "kata: the guest has ended");
    const slot = this.#freeSlot(reason);
    const guest = new GuestProcess(reason);
    this.#slots.set(slot, guest);
    guest.ended.then(() => this.#slots.delete(slot));
    try {
      const [input, output, errors] = await Promise.all(
        channelFiles(slot).map((file) => open(join(this.#folder, file))),
      );
      guest.attach({ input: input as Socket, output: output as Socket, errors: errors as Socket }, io);
    } catch (error) {
      guest.lose();
      throw new RuntimeFault(reason, `kata: ${(error as Error).message}`);
    }
    const file = command.verb === "exec" ? command.file : "";
    this.#say(command.verb, slot, io.tty ? 1 : 0, command.id, file);
    await within(startSeconds, guest.started, () => guest.lose());
    return {
      pid: undefined,
      ...guest.streams(io),
      ...(io.tty ? { resize: ({ width, height }) => this.#say("size", slot, width, height) } : {}),
      exited: guest.exited,
      signal: async (name) => {
        if (this.#slots.get(slot) === guest) this.#say("signal", slot, name.replace(/^SIG/, ""));
      },
    };
  }

  /** Runs a subcommand of the guest's own runtime that ends by itself: its status and what it says. */
  async call(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    if (this.#isClosed) return { code: 1, text: "the guest has ended" };
    const tag = `t${this.#count++}`;
    const said = new Promise<{ readonly code: number; readonly text: string }>((resolve) => {
      this.#calls.set(tag, resolve);
    });
    this.#say("call", tag, ...args);
    try {
      return await within(callSeconds, said, () => {});
    } finally {
      this.#calls.delete(tag);
    }
  }

  /** The guest ends by that. */
  close(): void {
    this.#control.destroy();
  }

  #say(...words: readonly (string | number)[]): void {
    if (!this.#isClosed) this.#control.write(`${words.join(" ").trim()}\n`);
  }

  #freeSlot(reason: string): number {
    for (let i = 1; i <= maxProcesses; i++) {
      const slot = (this.#lastSlot + i) % maxProcesses;
      if (this.#slots.has(slot)) continue;
      this.#lastSlot = slot;
      return slot;
    }
    throw new RuntimeFault(reason, `kata: a pod has ${maxProcesses} processes already that the node began`);
  }

  #hear(line: string): void {
    const [word = "", first = "", ...rest] = line.split(" ");
    const guest = this.#slots.get(Number(first));
    if (word === "ready") this.#ready.resolve();
    else if (word === "failed") this.#ready.reject(sandboxFault(rest.join(" ")));
    else if (word === "done") this.#calls.get(first)?.({ code: Number(rest[0]), text: rest.slice(1).join(" ") });
    else if (word === "started") guest?.begun();
    else if (word === "exit") guest?.exit(Number(rest[0]), rest[1] === "1", rest.slice(2).join(" "));
    else if (word === "end") guest?.end(Number(rest[0]), Number(rest[1]));
  }

  #lose(): void {
    this.#isClosed = true;
    this.#ready.reject(sandboxFault("the guest has ended"));
    for (const guest of [...this.#slots.values()]) guest.lose();
    for (const resolve of this.#calls.values()) resolve({ code: 1, text: "the guest has ended" });
  }
}

interface Channels {
  readonly input: Socket;
  readonly output: Socket;
  readonly errors: Socket;
}

/** A process of a guest, by what is heard of it. */
class GuestProcess {
  readonly #reason: string;
  readonly #start = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ProcessExit>();
  readonly #end = Promise.withResolvers<void>();
  #channels: Channels | undefined;
  #output: CountedStream | undefined;
  #errors: CountedStream | undefined;

  constructor(reason: string) {
    this.#reason = reason;
    this.#start.promise.catch(() => {});
  }

  get started(): Promise<void> {
    return this.#start.promise;
  }

  get exited(): Promise<ProcessExit> {
    return this.#exit.promise;
  }

  /** Nothing comes any more: its channels are free. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  attach(channels: Channels, { stdin }: ProcessIo): void {
    this.#channels = channels;
    this.#output = new CountedStream(channels.output);
    this.#errors = new CountedStream(channels.errors);
    channels.input.write("\n");
    if (!stdin) channels.input.end();
  }

  streams({ stdin, tty }: ProcessIo): Pick<RunningProcess, "stdin" | "stdout" | "stderr"> {
    const { input } = this.#channels as Channels;
    const [stdout, stderr] = [(this.#output as CountedStream).stream, (this.#errors as CountedStream).stream];
    return { ...(stdin ? { stdin: input } : {}), stdout, ...(tty ? {} : { stderr }) };
  }

  begun(): void {
    this.#start.resolve();
  }

  exit(code: number, isOutOfMemory: boolean, log: string): void {
    const fault = code === 0 ? undefined : loggedLine(log);
    if (fault !== undefined) this.#start.reject(new RuntimeFault(this.#reason, fault));
    this.#start.resolve();
    this.#exit.resolve(isOutOfMemory ? { code, isOutOfMemory } : { code });
  }

  end(outputBytes: number, errorBytes: number): void {
    this.#output?.end(outputBytes);
    this.#errors?.end(errorBytes);
    this.#channels?.input.destroy();
    this.#end.resolve();
  }

  /** With its guest. */
  lose(): void {
    this.#start.reject(new RuntimeFault(this.#reason, "kata: the guest has ended"));
    this.#exit.resolve({ code: 137 });
    this.end(0, 0);
  }
}

/** What comes by a channel, up to a number of bytes that becomes known at the end. */
class CountedStream {
  readonly #out = new PassThrough();
  readonly #socket: Socket;
  #seen = 0;
  #total = Number.POSITIVE_INFINITY;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#seen += chunk.length;
      if (!this.#out.write(chunk)) {
        socket.pause();
        this.#out.once("drain", () => socket.resume());
      }
      this.#finish();
    });
    socket.on("close", () => this.#out.end());
    this.#out.on("close", () => socket.resume());
  }

  get stream(): Readable {
    return this.#out;
  }

  end(total: number): void {
    this.#total = total;
    this.#finish();
  }

  #finish(): void {
    if (this.#seen < this.#total) return;
    this.#out.end();
    this.#socket.destroy();
  }
}

function sandboxFault(message: string): RuntimeFault {
  return new RuntimeFault("FailedCreatePodSandBox", `kata: ${oneLine(message)}`);
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

async function within<Value>(seconds: number, work: Promise<Value>, giveUp: () => void): Promise<Value> {
  const clock = new AbortController();
  const late = delay(seconds * 1000, undefined, { signal: clock.signal }).then(() => {
    giveUp();
    throw new RuntimeFault("RuntimeError", `kata: the guest did not answer within ${seconds} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clock.abort();
  }
}
