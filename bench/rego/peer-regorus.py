"""regorus behind the benchmark's protocol: one JSON request a line on stdin, one JSON answer a line on stdout."""

import json
import sys
import time

import regorus


class Workload:
    """One engine for each input, so that an evaluation on a parsed input sets none."""

    def __init__(self, request):
        start = time.perf_counter()
        engine = regorus.Engine()
        if hasattr(engine, "set_rego_v0"):
            engine.set_rego_v0(request["regoVersion"] == "v0")
        for module in request["modules"]:
            engine.add_policy(module["file"], module["text"])
        engine.add_data_json(json.dumps(request["data"]))
        self.us = (time.perf_counter() - start) * 1e6
        self.query = request["query"]
        self.texts = request["inputs"]
        self.engine = engine
        self.engines = []
        for text in self.texts:
            each = engine.clone()
            each.set_input_json(text)
            self.engines.append(each)

    def parsed(self):
        for engine in self.engines:
            engine.eval_rule_as_json(self.query)

    def whole(self):
        for text in self.texts:
            self.engine.set_input_json(text)
            self.engine.eval_rule_as_json(self.query)

    def values(self):
        texts = (engine.eval_rule_as_json(self.query) for engine in self.engines)
        return [None if text == '"<undefined>"' else json.loads(text) for text in texts]

    def average(self, run, ms):
        start = time.perf_counter()
        passes = 0
        while True:
            run()
            passes += 1
            took = time.perf_counter() - start
            if took * 1000 >= ms:
                return took * 1e6 / (passes * len(self.texts))


def reply(workload, request):
    if request["op"] == "load":
        workload = Workload(request)
        return workload, {"us": workload.us}
    if request["op"] == "values":
        return workload, {"values": workload.values()}
    run = workload.whole if request["basis"] == "whole" else workload.parsed
    return workload, {"us": workload.average(run, request["ms"])}


def main():
    workload = None
    for line in sys.stdin:
        try:
            workload, answer = reply(workload, json.loads(line))
        except Exception as error:  # what the peer said is the answer
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


main()
