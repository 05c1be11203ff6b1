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

test("protobuf: the first second that RFC 3339 has", () => {
  const bytes = envelope("v1", "Namespace", [[1, [[8, [[1, -62_167_219_200n]]]]]]);
  const { metadata } = decodeProtobuf(bytes) as { metadata?: { creationTimestamp?: string } };
  assert.equal(metadata?.creationTimestamp, "0000-01-01T00:00:00Z");
});

const malformed: { readonly [what: string]: Buffer } = {
  "no envelope": Buffer.from("{}"),
  "a cut message": envelope("v1", "Pod", [[2, "x"]]).subarray(0, -1),
  "an unknown kind": envelope("v1", "Gadget", []),
  "a length beyond the end": Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x12, 0x7f])]),
  "a number for a text": envelope("v1", "Pod", [[1, [[1, 5]]]]),
  "a number for a message": envelope("v1", "Pod", [[1, 5]]),
  "a text for a number": envelope("v1", "Namespace", [[1, [[7, "x"]]]]),
  "a number for an entry of a map": envelope("v1", "ConfigMap", [[2, 5]]),
  "a number for the key of a map": envelope("v1", "ConfigMap", [[2, [[1, 5]]]]),
  "a number for the value of a map": envelope("v1", "ConfigMap", [[2, [[2, 5]]]]),
  "a number for bytes": envelope("v1", "Secret", [[2, [[2, 5]]]]),
  "a text for seconds": envelope("v1", "Namespace", [[1, [[8, [[1, "x"]]]]]]),
  "a time that no calendar has": envelope("v1", "Namespace", [[1, [[8, [[1, -62_167_219_201n]]]]]]),
  "a number for embedded JSON": envelope("apps/v1", "ControllerRevision", [[2, [[1, 5]]]]),
  "an endless varint": Buffer.concat([Buffer.from("k8s\0"), Buffer.alloc(20, 0xff)]),
};

for (const [what, bytes] of Object.entries(malformed)) {
  test(`protobuf: ${what} is a bad request`, () => {
    assert.throws(
      () => decodeProtobuf(bytes),
      (error: unknown) => error instanceof StatusError && error.status.reason === "BadRequest",
    );
  });
}
