import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtobuf, isProtobuf } from "./protobuf.ts";
import { StatusError } from "./status.ts";

type Part = readonly [field: number, value: string | number | bigint | Part[]];

/** A tiny writer: strings and messages by length, small numbers as varints, great ones as varints of ten bytes. */
function message(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map(([field, value]) => {
      if (typeof value === "number") return Buffer.from([field << 3, value]);
      if (typeof value === "bigint") return Buffer.from([field << 3, ...varint(value)]);
      const bytes = typeof value === "string" ? Buffer.from(value) : message(value);
      return Buffer.concat([Buffer.from([(field << 3) | 2, bytes.length]), bytes]);
    }),
  );
}

function varint(value: bigint): readonly number[] {
  const bits = BigInt.asUintN(64, value);
  return Array.from({ length: 10 }, (_, i) => Number((bits >> BigInt(7 * i)) & 0x7fn) | (i < 9 ? 0x80 : 0));
}

function envelope(apiVersion: string, kind: string, parts: readonly Part[]): Buffer {
  const type = message([
    [1, apiVersion],
    [2, kind],
  ]);
  const raw = message(parts);
  return Buffer.concat([
    Buffer.from("k8s\0"),
    Buffer.from([0x0a, type.length]),
    type,
    Buffer.from([0x12, raw.length]),
    raw,
  ]);
}

const decoded: { readonly [what: string]: readonly [bytes: Buffer, value: object] } = {
  "times that are no pointers, given empty or not at all, as Go's JSON has them": [
    envelope("v1", "Event", [
      [1, [[1, "e"]]],
      [6, []],
    ]),
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e" },
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
    },
  ],
  "a namespace": [
    envelope("v1", "Namespace", [[1, [[1, "shop"]]]]),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
  ],
  "maps of labels": [
    envelope("v1", "ConfigMap", [
      [
        1,
        [
          [1, "c"],
          [
            11,
            [
              [1, "k"],
              [2, "v"],
            ],
          ],
        ],
      ],
      [
        2,
        [
          [1, "key"],
          [2, "text"],
        ],
      ],
    ]),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", labels: { k: "v" } }, data: { key: "text" } },
  ],
  "bytes as base64": [
    envelope("v1", "Secret", [
      [
        2,
        [
          [1, "k"],
          [2, "hi"],
        ],
      ],
    ]),
    { apiVersion: "v1", kind: "Secret", data: { k: "aGk=" } },
  ],
  "a group whose package has a short name": [
    envelope("rbac.authorization.k8s.io/v1", "Role", [
      [
        2,
        [
          [1, "get"],
          [3, "pods"],
        ],
      ],
    ]),
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", rules: [{ verbs: ["get"], resources: ["pods"] }] },
  ],
  "embedded structs, whose fields stand in the outer object": [
    envelope("v1", "Pod", [
      [
        2,
        [
          [
            1,
            [
              [1, "v"],
              [2, [[2, []]]],
            ],
          ],
        ],
      ],
    ]),
    { apiVersion: "v1", kind: "Pod", spec: { containers: null, volumes: [{ name: "v", emptyDir: {} }] } },
  ],
  quantities: [
    envelope("v1", "PersistentVolumeClaim", [
      [
        2,
        [
          [
            2,
            [
              [
                2,
                [
                  [1, "storage"],
                  [2, [[1, "1Gi"]]],
                ],
              ],
            ],
          ],
        ],
      ],
    ]),
    { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: { resources: { requests: { storage: "1Gi" } } } },
  ],
  "references that tell that they name no group": [
    envelope("v1", "PersistentVolumeClaim", [
      [
        2,
        [
          [
            7,
            [
              [2, "PersistentVolumeClaim"],
              [3, "a"],
            ],
          ],
        ],
      ],
    ]),
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      spec: { dataSource: { kind: "PersistentVolumeClaim", name: "a", apiGroup: null } },
    },
  ],
  times: [
    envelope("v1", "Namespace", [[1, [[8, [[1, 60]]]]]]),
    { apiVersion: "v1", kind: "Namespace", metadata: { creationTimestamp: "1970-01-01T00:01:00Z" } },
  ],
};

for (const [what, [bytes, value]] of Object.entries(decoded)) {
  test(`protobuf: ${what}`, () => {
    assert.ok(isProtobuf(bytes));
    const got = JSON.parse(JSON.stringify(decodeProtobuf(bytes))) as { metadata?: object };
    if (JSON.stringify(got.metadata) === "{}") delete got.metadata;
    assert.deepEqual(got, value);
  });
}

test("protobuf: an envelope that names no type holds what is asked for", () => {
  const bytes = envelope("", "", [[1, [[1, "shop"]]]]);
  const { kind, metadata } = decodeProtobuf(bytes, { apiVersion: "v1", kind: "Namespace" });
  assert.equal(kind, "Namespace");
  assert.equal((metadata as { readonly name?: string }).name, "shop");
});

test("protobuf: fields and groups that nobody knows are passed over", () => {
  const group = Buffer.from([0x9b, 6, 0x10, 1, 0x9c, 6]);
  const bytes = envelope("v1", "Namespace", [[1, [[1, "shop"]]]]);
  const known = decodeProtobuf(bytes);
  assert.deepEqual(decodeProtobuf(Buffer.concat([bytes, group])), known);
});

test("protobuf: what is too large for an int32 loses its upper bits, as in Go", () => {
  const bytes = envelope("apps/v1", "Deployment", [[2, [[1, 2_147_483_648n]]]]);
  assert.equal((decodeProtobuf(bytes)["spec"] as { readonly replicas?: number }).replicas, -2_147_483_648);
});

test("protobuf: the first second that RFC 3339 has", () => {
  const bytes = envelope("v1", "Namespace", [[1, [[8, [[1, -62_167_219_200n]]]]]]);
  const { metadata } = decodeProtobuf(bytes) as { metadata?: { creationTimestamp?: string } };
  assert.equal(metadata?.creationTimestamp, "0000-01-01T00:00:00Z");
});

/** Bytes of the envelope itself. */
const enveloped = (...bytes: readonly number[]) => Buffer.from([0x6b, 0x38, 0x73, 0, ...bytes]);

const malformed: { readonly [what: string]: readonly [bytes: Buffer, message: string] } = {
  "no byte": [Buffer.alloc(0), "empty data"],
  "no envelope": [
    Buffer.from("{}"),
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
  ],
  "an empty envelope": [enveloped(), "empty body"],
  "a cut message": [envelope("v1", "Pod", [[2, "x"]]).subarray(0, -1), "unexpected EOF"],
  "an unknown kind": [envelope("v1", "Gadget", []), 'no kind "Gadget" is registered for version "v1"'],
  "a length beyond the end": [enveloped(0x12, 0x7f), "unexpected EOF"],
  "a length below zero": [
    enveloped(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
    "proto: negative length found during unmarshaling",
  ],
  "a number of no field": [enveloped(0x02, 0), "proto: Unknown: illegal tag 0 (wire type 2)"],
  "the end of no group": [enveloped(0x0c), "proto: Unknown: wiretype end group for non-group"],
  "a group without an end": [enveloped(0x53, 0x08, 1), "unexpected EOF"],
  "no wire type": [enveloped(0x56), "proto: illegal wireType 6"],
  "no wire type for a field": [enveloped(0x0e), "proto: wrong wireType = 6 for field TypeMeta"],
  "a number for a text": [envelope("v1", "Pod", [[1, [[1, 5]]]]), "proto: wrong wireType = 0 for field Name"],
  "a number for a message": [envelope("v1", "Pod", [[1, 5]]), "proto: wrong wireType = 0 for field ObjectMeta"],
  "a text for a number": [
    envelope("v1", "Namespace", [[1, [[7, "x"]]]]),
    "proto: wrong wireType = 2 for field Generation",
  ],
  "a number for an entry of a map": [envelope("v1", "ConfigMap", [[2, 5]]), "proto: wrong wireType = 0 for field Data"],
  "a number for the key of a map": [
    envelope("v1", "ConfigMap", [[2, [[1, 5]]]]),
    "proto: wrong wireType = 0 for field Data",
  ],
  "a number for the value of a map": [
    envelope("v1", "ConfigMap", [[2, [[2, 5]]]]),
    "proto: wrong wireType = 0 for field Data",
  ],
  "a number for bytes": [envelope("v1", "Secret", [[2, [[2, 5]]]]), "proto: wrong wireType = 0 for field Data"],
  "a text for seconds": [
    envelope("v1", "Namespace", [[1, [[8, [[1, "x"]]]]]]),
    "proto: wrong wireType = 2 for field Seconds",
  ],
  "a time that no calendar has": [
    envelope("v1", "Namespace", [[1, [[8, [[1, -62_167_219_201n]]]]]]),
    "proto: a time of -62167219201 seconds has no date",
  ],
  "a number for embedded JSON": [
    envelope("apps/v1", "ControllerRevision", [[2, [[1, 5]]]]),
    "proto: wrong wireType = 0 for field Raw",
  ],
  "an endless varint": [enveloped(...Buffer.alloc(20, 0xff)), "proto: integer overflow"],
};

for (const [what, [bytes, message]] of Object.entries(malformed)) {
  test(`protobuf: ${what} is a bad request`, () => {
    assert.throws(
      () => decodeProtobuf(bytes),
      (error: unknown) => {
        assert.ok(error instanceof StatusError);
        assert.equal(error.status.reason, "BadRequest");
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}
