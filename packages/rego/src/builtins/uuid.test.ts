import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { uuid } from "./uuid.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  [
    "uuid.parse",
    ["00000000-0000-1000-8000-000000000000"],
    '{"clocksequence":0,"macvariables":"global:unicast","nodeid":"00-00-00-00-00-00","time":6227451273709551616,"variant":"RFC4122","version":1}',
  ],
  ["uuid.parse", ["f47ac10b-58cc-0372-8567-0e02b2c3d479"], '{"variant":"RFC4122","version":0}'],
  [
    "uuid.parse",
    ["f47ac10b-58cc-1372-8567-0e02b2c3d479"],
    '{"clocksequence":1383,"macvariables":"local:unicast","nodeid":"0e-02-b2-c3-d4-79","time":-5830180198003873716,"variant":"RFC4122","version":1}',
  ],
  [
    "uuid.parse",
    ["F47AC10B-58CC-1372-C567-0E02B2C3D479"],
    '{"clocksequence":1383,"macvariables":"local:unicast","nodeid":"0e-02-b2-c3-d4-79","time":-5830180198003873716,"variant":"Microsoft","version":1}',
  ],
  [
    "uuid.parse",
    ["f47ac10b-58cc-2372-e502-0e02b2c3d479"],
    '{"clocksequence":9474,"domain":"Org","id":4101685515,"macvariables":"local:unicast","nodeid":"0e-02-b2-c3-d4-79","time":-5830180198003873716,"variant":"Future","version":2}',
  ],
  [
    "uuid.parse",
    ["f47ac10b-58cc-2372-0567-0e02b2c3d479"],
    '{"clocksequence":1383,"domain":"Domain103","id":4101685515,"macvariables":"local:unicast","nodeid":"0e-02-b2-c3-d4-79","time":-5830180198003873716,"variant":"Reserved","version":2}',
  ],
  ["uuid.parse", ["{f47ac10b-58cc-4372-8567-0e02b2c3d479}"], '{"variant":"RFC4122","version":4}'],
  ["uuid.parse", ["xf47ac10b-58cc-4372-8567-0e02b2c3d479y"], '{"variant":"RFC4122","version":4}'],
  ["uuid.parse", ["URN:uuid:f47ac10b-58cc-4372-8567-0e02b2c3d479"], '{"variant":"RFC4122","version":4}'],
  ["uuid.parse", ["f47ac10b58cc437285670e02b2c3d479"], '{"variant":"RFC4122","version":4}'],
  ["uuid.parse", ["f47ac10b58cc437285670e02b2c3d47"], "undefined"],
  ["uuid.parse", ["g47ac10b-58cc-4372-8567-0e02b2c3d479"], "undefined"],
  ["uuid.parse", [""], "undefined"],
  ["uuid.parse", [1], "operand 1 must be string but got number"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(uuid, name, args), answer);
  });
}
