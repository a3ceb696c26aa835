// cria data as a user meets it, with its threads, its kills and its full disks.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../src/tensor/rng.ts";
import { type Home, makeHome, waitFor } from "./run-cli.ts";

let home: Home;

/** 18 MB of invented prose in 1,500 documents, which make two parts. */
beforeAll(() => {
  home = makeHome();
  const rng = createRng(11);
  const vocabulary = Array.from({ length: 5000 }, () =>
    Array.from({ length: 1 + rng.integer(4) }, () => ["ba", "ne", "ri", "to", "lun"][rng.integer(5)]).join(""),
  );
  for (const name of ["web", "books"]) {
    mkdirSync(join(home.folder, name));
    const lines = Array.from({ length: 750 }, () => {
      const words = Array.from({ length: 1500 }, () => vocabulary[rng.integer(vocabulary.length)]);
      return JSON.stringify({ text: words.join(" ") });
    });
    writeFileSync(join(home.folder, name, "a.jsonl"), [...lines, lines[3], lines[4]].join("\n"));
  }
  mkdirSync(join(home.folder, "small"));
  writeFileSync(
    join(home.folder, "small/a.jsonl"),
    readFileSync(join(home.folder, "web/a.jsonl"), "utf8").split("\n").slice(0, 20).join("\n"),
  );
}, 60_000);
afterAll(() => home[Symbol.dispose]());

const files = (out: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(home.folder, out))
      .sort()
      .map((name) => [name, readFileSync(join(home.folder, out, name), "utf8")]),
  );

it("trains on a text alone, though chance would keep it apart for validation", async () => {
  for (const name of ["one", "two", "three", "four"]) {
    writeFileSync(join(home.folder, `${name}.txt`), `${name}: a text of its own, with some words in it. `.repeat(30));
    const args = ["data", `${name}.txt`, "--out", name, "--skip", "quality", "--skip", "lines", "--val", "0.5"];
    const { code, stderr } = await home.cria(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining("nothing is kept to validate with")]);
  }
});

describe("data", () => {
  it("gives the same files on no thread of its own, on one and on three", async () => {
    for (const workers of [0, 1, 3]) {
      const { code, stderr } = await home.cria([
        "data",
        "web",
        "books",
        "--out",
        `by${workers}`,
        "--workers",
        String(workers),
        "--weights",
        "3,1",
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
    const [none, one, three] = ["by0", "by1", "by3"].map(files);
    expect(Object.keys(none)).toEqual(["report.html", "report.json", "train-00000.jsonl", "val-00000.jsonl"]);
    expect(one).toEqual(none);
    expect(three).toEqual(none);
    const { report } = JSON.parse(none["report.json"]);
    expect(report.copies.documents).toBe(4);
    expect(report.sources.map(({ epochs }: { epochs: number }) => epochs.toFixed(1))).toEqual(["1.5", "0.5"]);
  }, 120_000);

  it.each([
    ["killed", "SIGKILL" as const, null],
    ["interrupted", "SIGINT" as const, 130],
  ])(
    "%s, goes on after its last part and gives what it would have given",
    async (name, signal, code) => {
      const args = ["data", "web", "books", "--out", name, "--weights", "3,1"];
      const first = home.start(args);
      const part = join(home.folder, name, ".work", "part-00000.json");
      await waitFor(() => String(existsSync(part)), "true");
      first.process.kill(signal);
      const ended = await first.ended;
      expect(ended.code).toBe(code);
      if (code !== null) expect(ended.stderr).toContain("what is finished is kept: give the same command again to go on");
      expect(existsSync(join(home.folder, name, "report.json"))).toBe(false);
      const kept = readFileSync(part);
      expect(kept.length).toBeGreaterThan(0);
      expect((await home.cria(args)).code).toBe(0);
      expect(files(name)).toEqual(files("by1"));
    },
    120_000,
  );

  it("is a table, and one JSON document with --json; a finished run only tells again", async () => {
    const args = ["data", "small", "--out", "told", "--val", "0.2"];
    const { code, stdout } = await home.cria(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/passed the rules +20 /);
    expect(stdout).toContain("told/report.html shows more");
    const again = await home.cria([...args, "--json"]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(files("told")["report.json"]).report);
  });

  it.each([
    [["data", "--out", "x"], "SOURCE is missing"],
    [["data", "small"], "--out is missing"],
    [["data", "small", "nowhere", "--out", "x"], "nowhere: there is no such file or folder"],
    [["data", "small", "--out", "x", "--weights", "1,2"], "--weights has 2 values for 1 SOURCES: give one for each"],
    [["data", "small", "--out", "x", "--weights", "1;2"], "expected numbers from 0 on with commas"],
    [["data", "small", "--out", "x", "--skip", "qualitty"], "did you mean quality?"],
    [["data", "small", "--out", "x", "--language", "english"], "expected a code of three letters (ISO 639-3), such as eng"],
    [["data", "small", "--out", "small/x"], "lies in small, from which is read"],
  ])("%j is refused with what to do", async (args, message) => {
    const { code, stderr, stdout } = await home.cria(args);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(join(home.folder, "x"))).toBe(false);
  });

  it("says that a field is missing, and which there are, with exit code 1", async () => {
    const { code, stderr } = await home.cria(["data", "small", "--out", "x", "--field", "content"]);
    expect(code).toBe(1);
    expect(stderr).toContain('small/a.jsonl: byte 0: line 1 has no field "content", but "text": name the one with the text by --field');
  });

  it("teaches in its help", async () => {
    const { stdout } = await home.cria(["data", "--help"]);
    expect(stdout).toContain("Usage: cria data [FLAGS] SOURCE...");
    expect(stdout).toContain("--min-words N");
  });
});

describe("data of which too little is left", () => {
  it("fails where nothing can be trained on, and says where the reasons stand", async () => {
    writeFileSync(join(home.folder, "short.txt"), "Too short.");
    const { code, stderr } = await home.cria(["data", "short.txt", "--out", "left", "--workers", "0"]);
    expect(stderr).toContain("nothing is left to train on: left/report.html tells why each document went; --skip leaves out a step");
    expect(code).toBe(1);
  });

  it("says that nothing is kept to validate with", async () => {
    const { code, stderr } = await home.cria(["data", "small", "--out", "kept", "--workers", "0", "--val", "0.000001"]);
    expect(stderr).toContain("nothing is kept to validate with: ");
    expect(code).toBe(0);
  });
});

/** A file system of its own for one process, where the system lets us make one. */
const inTinyDisk = (folder: string, command: string): string[] => [
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs -o size=512k tmpfs '${folder}' && ${command}`,
];
const canMount = spawnSync("unshare", inTinyDisk("/mnt", "true")).status === 0;

describe.skipIf(!canMount)("on a full disk", () => {
  it("data says so, and what to do", async () => {
    const disk = join(home.folder, "disk");
    mkdirSync(disk);
    const cria = `'${process.execPath}' '${join(import.meta.dirname, "../bin/cria.js")}' data web --out '${disk}/out'`;
    const { code, stderr } = await home.start(inTinyDisk(disk, cria), { command: "unshare" }).ended;
    expect(stderr).toMatch(
      /part-00000\.text: the disk is full: free some space, then run the same command again: what is finished is kept/,
    );
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(1);
  }, 60_000);
});
