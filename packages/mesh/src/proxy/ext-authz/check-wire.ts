import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readFields, writeBytes, writeText } from "@sallyport/grpc";
import type { Check, CheckAnswer, HttpCheck } from "./check.ts";
import { type HeaderChanges, noChanges, type Pairs } from "./header-changes.ts";

/** envoy.service.auth.v3.CheckRequest: https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/auth/v3/external_auth.proto */
export function writeCheck(check: Check, packAsBytes: boolean, nowMs: number): Uint8Array {
  const { source, destination, serverName = "", http } = check;
  return message((request) =>
    nested(request, 1, (attributes) => {
      nested(attributes, 1, (peer) => writePeer(peer, source));
      nested(attributes, 2, (peer) => writePeer(peer, destination));
      nested(attributes, 4, (each) => {
        nested(each, 1, (time) => time.tag(1, WireType.Varint).int64(Math.floor(nowMs / 1000)));
        if (http !== undefined) nested(each, 2, (to) => writeHttp(to, http, packAsBytes));
      });
      if (serverName !== "") nested(attributes, 12, (session) => writeText(session, 1, serverName));
    }),
  );
}

function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

function nested(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function writePeer(writer: BinaryWriter, { ip, port, principal }: Check["source"]): void {
  nested(writer, 1, (address) =>
    nested(address, 1, (socket) => {
      writeText(socket, 2, ip);
      socket.tag(3, WireType.Varint).uint32(port);
    }),
  );
  if (principal !== undefined) writeText(writer, 4, `spiffe://${principal}`);
}

function writeHttp(writer: BinaryWriter, http: HttpCheck, packAsBytes: boolean): void {
  writeText(writer, 2, http.method);
  const all = { ":authority": http.host, ":method": http.method, ":path": http.target, ...http.headers };
  const partial = http.isPartial === undefined ? {} : { "x-envoy-auth-partial-body": String(http.isPartial) };
  for (const [name, value] of Object.entries({ ...all, ...partial }))
    nested(writer, 3, (entry) => {
      writeText(entry, 1, name);
      writeText(entry, 2, value);
    });
  writeText(writer, 4, http.target);
  writeText(writer, 5, http.host);
  writeText(writer, 6, http.isEncrypted ? "https" : "http");
  writeText(writer, 10, http.protocol);
  const { body } = http;
  if (body === undefined) return;
  writer.tag(9, WireType.Varint).int64(body.length);
  if (packAsBytes) writeBytes(writer, 12, body);
  else writeText(writer, 11, body.toString());
}

/** envoy.service.auth.v3.CheckResponse. Throws for bytes that are none. */
export function readAnswer(bytes: Uint8Array): CheckAnswer {
  let code = 0;
  let denied: CheckAnswer = { kind: "denied", status: 403, headers: [], body: Buffer.alloc(0) };
  let allowed: CheckAnswer = { kind: "allowed", changes: noChanges, toClient: [] };
  readFields(bytes, (field, reader) => {
    if (field === 1) code = firstNumber(reader.bytes());
    else if (field === 2) denied = readDenied(reader.bytes());
    else if (field === 3) allowed = readAllowed(reader.bytes());
    else return false;
    return true;
  });
  return code === 0 ? allowed : denied;
}

/** Of google.rpc.Status and of HttpStatus: the code. */
function firstNumber(bytes: Uint8Array): number {
  let code = 0;
  readFields(bytes, (field, reader) => {
    if (field !== 1) return false;
    code = reader.int32();
    return true;
  });
  return code;
}

function readDenied(bytes: Uint8Array): CheckAnswer {
  let [status, body] = [0, Buffer.alloc(0)];
  const headers: (readonly [string, string])[] = [];
  readFields(bytes, (field, reader) => {
    if (field === 1) status = firstNumber(reader.bytes());
    else if (field === 2) headers.push(readOption(reader.bytes()).pair);
    else if (field === 3) body = Buffer.from(reader.string());
    else return false;
    return true;
  });
  return { kind: "denied", status: status === 0 ? 403 : status, headers, body };
}

function readAllowed(bytes: Uint8Array): CheckAnswer {
  const [set, append, toClient]: (readonly [string, string])[][] = [[], [], []];
  const remove: string[] = [];
  readFields(bytes, (field, reader) => {
    if (field === 2) {
      const { pair, isAppended } = readOption(reader.bytes());
      (isAppended ? append : set)?.push(pair);
    } else if (field === 5) remove.push(reader.string());
    else if (field === 6) toClient?.push(readOption(reader.bytes()).pair);
    else return false;
    return true;
  });
  const changes: HeaderChanges = { set: set as Pairs, append: append as Pairs, remove };
  return { kind: "allowed", changes, toClient: toClient as Pairs };
}

/** envoy.config.core.v3.HeaderValueOption: set unless it says `append`. */
function readOption(bytes: Uint8Array): { readonly pair: readonly [string, string]; readonly isAppended: boolean } {
  let [pair, isAppended]: [readonly [string, string], boolean] = [["", ""], false];
  readFields(bytes, (field, reader) => {
    if (field === 1) pair = readHeader(reader.bytes());
    else if (field === 2) isAppended = readFlag(reader.bytes());
    else return false;
    return true;
  });
  return { pair, isAppended };
}

function readHeader(bytes: Uint8Array): readonly [string, string] {
  let [name, value] = ["", ""];
  readFields(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) value = reader.string();
    else if (field === 3) value = Buffer.from(reader.bytes()).toString("latin1");
    else return false;
    return true;
  });
  return [name, value];
}

/** google.protobuf.BoolValue. */
function readFlag(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes);
  return reader.len > 0 && reader.tag()[0] === 1 && reader.bool();
}
