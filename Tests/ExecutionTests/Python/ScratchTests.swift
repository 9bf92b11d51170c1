import Foundation
import Glibc
import Pipelines
import Testing

@testable import Execution

@Suite struct ScratchTests {
  @Test func whatAKilledProcessLeftIsSwept() throws {
    let own = Scratch.path("own")
    let gone = try ProcessStart.run(["/bin/true"], standard: (nil, nil, nil))
    var status: Int32 = 0
    while waitpid(gone, &status, 0) < 0 && errno == EINTR {}
    let left = own.replacing("-\(getpid())-", with: "-\(gone)-")
    for folder in [own, left] {
      try FileManager.default.createDirectory(atPath: folder + "/inside", withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(atPath: own) }
    Scratch.sweep()
    #expect(FileManager.default.fileExists(atPath: own) && !FileManager.default.fileExists(atPath: left))
    #expect(Scratch.path("a") != Scratch.path("a"))
  }

  @Test func aScriptThatMeansAPythonIsAsked() throws {
    let script = Scratch.path("python3")
    defer { unlink(script) }
    try Data("#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n".utf8).write(to: URL(fileURLWithPath: script))
    chmod(script, 0o755)
    let found = try PythonInterpreter.find(in: ["WEIR_PYTHON": script]).path
    #expect(found.hasPrefix("/usr/bin/python3"))
    try Data("#!/bin/sh\nexit 1\n".utf8).write(to: URL(fileURLWithPath: script + "-none"))
    chmod(script + "-none", 0o755)
    defer { unlink(script + "-none") }
    #expect(throws: Problem.self) { try PythonInterpreter.find(in: ["WEIR_PYTHON": script + "-none"]) }
  }
}
