import type { ServerResponse } from "node:http";
import { internalError, type KubeObject, StatusError } from "@sallyport/kube";
import { hasWebhook } from "../custom/conversion.ts";
import { outgoing } from "../registry/encode.ts";
import type { CacheEvent } from "../registry/history.ts";
import { warningHead } from "./answer.ts";
import { bookmarkOf } from "./bookmark.ts";
import { LineWriter } from "./line-writer.ts";
import { checkVersion, type ListContext, type Matches, matcherOf, writeObject } from "./list.ts";
import { mediaTypes } from "./negotiate.ts";
import { listOptions } from "./options.ts";
import { gone, lineOf, sharedLine } from "./watch-line.ts";

/** Watches get a bookmark this often; kube-apiserver's interval. */
const bookmarkMs = 60_000;

/** With more than this unread, a watcher is slow: events wait in the cache's history, which all watchers share, not in a queue of its own. */
const maxUnreadBytes = 1024 * 1024;

/** A watcher that has read nothing for so long is cut: it lists again, nothing is lost. */
const maxStallMs = 60_000;

/** Watches that ask for none end after this long or up to twice that, so that they do not all come back at once; kube-apiserver's `--min-request-timeout`. */
const minTimeoutSeconds = 1800;

/** Longer timers than 2^31 ms would fire at once; no watch lives for three weeks. */
const maxTimeoutSeconds = 2_000_000;

/** Streams events as lines until the client, the timeout or the server ends it. Answers when the stream has begun. */
export async function watchObjects(context: ListContext, response: ServerResponse): Promise<void> {
  const { cache, query, info, namespace } = context;
  // Faults of the query are answered as such: once the stream has begun, it is too late.
  const { resourceVersion: version, sendInitialEvents, allowWatchBookmarks } = listOptions(query, true);
  checkVersion(version);
  const matches = matcherOf(context);
  const isLegacy = version === "" || version === "0";
  // Who takes bookmarks, and says nothing else, is told where the beginning ends.
  const wantsInitial = sendInitialEvents ?? (isLegacy && allowWatchBookmarks);
  const isNew = wantsInitial || isLegacy;
  if (isNew) await context.prepare(cache.list(info.group, info.resource, namespace));
  response.writeHead(200, {
    "content-type": context.wanted.format === "protobuf" ? `${mediaTypes.protobuf};stream=watch` : mediaTypes.json,
    "cache-control": "no-cache, private",
    ...warningHead(context.warnings ?? []),
  });
  // Node keeps headers back until the first byte of the body: a client that resumes would wait for the next event.
  response.flushHeaders();
  const stream = new WatchStream(context, response, matches);
  if (isNew) {
    stream.begin(cache.position, cache.list(info.group, info.resource, namespace), wantsInitial);
    return;
  }
  const revision = Number(version);
  // Of the future: it waits for what comes then.
  const position = revision > cache.revision ? cache.position : cache.positionBehind(revision);
  if (position === undefined)
    stream.fail(new StatusError("Expired", `too old resource version: ${revision} (${cache.revision})`));
  else stream.begin(position, [], false, revision);
}

interface Step {
  readonly objects: readonly (KubeObject | undefined)[];
  readonly send: () => void;
}

/** One watcher: as fast as it reads, from where it stands in the cache's history. */
class WatchStream {
  readonly #context: ListContext;
  readonly #response: ServerResponse;
  readonly #matches: Matches;
  readonly #writer: LineWriter;
  #isFirstRow = true;
  /** Objects of before that are still to be sent, and the revision that they are of. */
  #initial: readonly KubeObject[] = [];
  #sent = 0;
  #endsInitial: number | undefined;
  #position = 0;
  #after = 0;
  /** Waits until the client has read, and takes events from the history then. */
  #isBehind = true;
  /** Its kind is converted by a webhook, one event after another. */
  readonly #isConverted: boolean;
  #isConverting = false;
  #stop: () => void = () => {};
  #timers: NodeJS.Timeout[] = [];
  #stalled: NodeJS.Timeout | undefined;

  constructor(context: ListContext, response: ServerResponse, matches: Matches) {
    this.#context = context;
    this.#response = response;
    this.#matches = matches;
    this.#writer = new LineWriter(response, () => this.#goOn());
    this.#isConverted = context.info.custom !== undefined && hasWebhook(context.info.custom);
  }

  /** Sends some objects as they are, with a bookmark behind them where the client wants one, then all events from a position on, but for those of revisions up to `after`. */
  begin(position: number, initial: readonly KubeObject[], bookmarked: boolean, after = 0): void {
    const { query, cache, info } = this.#context;
    this.#after = after;
    this.#position = position;
    this.#initial = initial;
    const { timeoutSeconds: asked, allowWatchBookmarks } = listOptions(query, true);
    if (bookmarked && allowWatchBookmarks) this.#endsInitial = cache.revision;
    const follow = (event: CacheEvent): void => this.#follow(event);
    this.#stop = cache.follow(follow, info, follow);
    // Not the request's close: that comes when its body ends.
    this.#response.on("close", () => this.#end());
    // It was asked who it is, and has left meanwhile.
    if (this.#response.destroyed) {
      this.#end();
      return;
    }
    const seconds = asked > 0 ? Math.min(asked, maxTimeoutSeconds) : minTimeoutSeconds * (1 + Math.random());
    this.#timers.push(setTimeout(() => this.#end(), seconds * 1000));
    if (allowWatchBookmarks) this.#timers.push(setInterval(() => this.#bookmarkNow(), bookmarkMs));
    for (const timer of this.#timers) timer.unref();
    this.#goOn();
  }

  fail(error: StatusError): void {
    this.#line("ERROR", error.status);
    this.#end();
  }

  #follow(event: CacheEvent): void {
    if (this.#isBehind) return;
    if (this.#isConverted) {
      this.#isBehind = true;
      this.#goOn();
      return;
    }
    this.#event(event);
    this.#position = this.#context.cache.position;
    if (this.#isFull()) this.#wait();
  }

  #isFull(): boolean {
    return this.#response.writableLength > maxUnreadBytes;
  }

  #wait(): void {
    this.#isBehind = true;
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.#cut(), maxStallMs).unref();
  }

  /** What is left of the beginning, then what has happened since. */
  #goOn(): void {
    if (!this.#isBehind || this.#isConverting || this.#response.writableEnded) return;
    clearTimeout(this.#stalled);
    for (let step = this.#take(); step !== undefined; step = this.#take()) {
      if (this.#isConverted) {
        this.#convert(step);
        return;
      }
      step.send();
      if (!this.#isFull()) continue;
      this.#wait();
      return;
    }
  }

  /** Sends when the objects are there in the watcher's version; a watcher for whom they cannot be converted has to list again. */
  #convert({ objects, send }: Step): void {
    this.#isConverting = true;
    this.#context
      .prepare(objects.filter((each) => each !== undefined))
      .then(() => {
        this.#isConverting = false;
        send();
        if (this.#isFull()) this.#wait();
        else this.#goOn();
      })
      .catch((error: unknown) => {
        if (!this.#response.writableEnded)
          this.fail(error instanceof StatusError ? error : new StatusError("InternalError", String(error)));
      });
  }

  /** What is to be sent next; undefined when there is nothing more for now. */
  #take(): Step | undefined {
    const object = this.#initial[this.#sent];
    if (object !== undefined) {
      this.#sent++;
      const isWanted = () => this.#isHere(object) && this.#matches(object);
      return { objects: [object], send: () => isWanted() && this.#write("ADDED", object) };
    }
    this.#initial = [];
    this.#sent = 0;
    if (this.#endsInitial !== undefined) {
      this.#bookmark(this.#endsInitial, true);
      this.#context.onInitialSent?.();
    }
    this.#endsInitial = undefined;
    const next = this.#context.cache.next(this.#position, this.#context.info);
    if (next === undefined) {
      this.#cut();
      return undefined;
    }
    const { event, position } = next;
    this.#position = position;
    this.#isBehind = event !== undefined;
    return event && { objects: [event.object, event.previous], send: () => this.#event(event) };
  }

  /** An object that begins or ceases to match is added or deleted to this watcher. */
  #event({ object, previous, revision, fault }: CacheEvent): void {
    if (revision <= this.#after) return;
    if (fault !== undefined) {
      this.fail(internalError(fault));
      return;
    }
    const now = object !== undefined && this.#isHere(object) && this.#matches(object);
    const before = previous !== undefined && this.#isHere(previous) && this.#matches(previous);
    if (now) this.#write(before ? "MODIFIED" : "ADDED", object);
    else if (before) this.#write("DELETED", gone(outgoing(previous, this.#context.info), revision));
  }

  /** One who is behind would take it for having seen all. */
  #bookmarkNow(): void {
    if (!this.#isBehind) this.#bookmark(this.#context.cache.revision, false);
  }

  #bookmark(revision: number, endsInitial: boolean): void {
    const { info, wanted } = this.#context;
    const object = bookmarkOf(info, revision, endsInitial);
    // kube-apiserver ends the stream where an event has no form that was asked for.
    if (wanted.asList) this.#end();
    else this.#line("BOOKMARK", wanted.as === "Table" ? this.#row(object) : this.#shown(object));
  }

  #isHere({ metadata }: KubeObject): boolean {
    return this.#context.namespace === "" || metadata.namespace === this.#context.namespace;
  }

  #write(type: string, object: KubeObject): void {
    const { info, wanted } = this.#context;
    // What was asked for is the form of a list, which no event has: kube-apiserver ends the stream at the first one.
    if (wanted.asList) {
      this.#end();
      return;
    }
    if (wanted.as !== "Table") {
      const form = `${type} ${wanted.as} ${wanted.format} ${info.group}/${info.version}`;
      this.#send(sharedLine(object, form, () => lineOf(type, writeObject(object, this.#context), wanted.format)));
      return;
    }
    this.#line(type, this.#row(object));
  }

  /** As kube-apiserver: the head of the table comes once. */
  #row(object: KubeObject): object {
    const table = writeObject(object, this.#context);
    const row = this.#isFirstRow ? table : { ...table, columnDefinitions: null };
    this.#isFirstRow = false;
    return row;
  }

  /** The empty object of a bookmark is in the right version as it is. */
  #shown(object: KubeObject): object {
    return this.#context.wanted.as === "object" ? object : writeObject(object, this.#context);
  }

  #line(type: string, object: object): void {
    this.#send(lineOf(type, object, this.#context.wanted.format));
  }

  #send(line: Uint8Array): void {
    if (this.#response.writableEnded) return;
    this.#context.onEvent?.(line.length);
    this.#writer.write(line);
  }

  #cut(): void {
    this.#context.onCut?.();
    this.#end();
    this.#response.destroy();
  }

  #end(): void {
    this.#stop();
    this.#writer.end();
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#stalled);
    this.#timers = [];
    this.#initial = [];
    if (!this.#response.writableEnded) this.#response.end();
  }
}
