import Foundation
import Pipelines
import Testing
import Workspace

@Suite struct VaultTests {
  @Test func secretsComeBackAndStandNowhereInClear() throws {
    let place = try TemporaryWorkspace()
    let vault = Vault(folder: place.url.appending(path: ".weir"), key: nil)
    try vault.set("shop", to: "hunter2-ünicode")
    #expect(try vault.secret(named: "shop").revealed == "hunter2-ünicode")
    #expect(try vault.names() == ["shop"])
    try place.expectNowhere("hunter2")
    let attributes = try FileManager.default.attributesOfItem(atPath: place.url.appending(path: ".weir/key").path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    try vault.delete("shop")
    #expect(throws: Problem.self) { try vault.secret(named: "shop") }
  }

  @Test func anotherKeyAnotherNameOrAChangedByteIsRefused() throws {
    let sealing = try Sealing(key: Sealing.newKey())
    let sealed = try sealing.seal("value", as: "a")
    #expect(try sealing.open(sealed, as: "a") == "value")
    #expect(throws: Problem.self) { try sealing.open(sealed, as: "b") }
    #expect(throws: Problem.self) { try Sealing(key: Sealing.newKey()).open(sealed, as: "a") }
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      #expect(throws: Problem.self) { try sealing.open(changed, as: "a") }
    }
  }

  @Test func aKeyOfTheWrongLengthIsRefused() {
    #expect(throws: Problem.self) { try Sealing(key: [1, 2, 3]) }
  }

  /// A key that can't be used is never replaced: nothing sealed with it could be opened again.
  @Test(arguments: ["", "c2hvcnQ=", "no base64 at all\u{1F}", "folder"])
  func anUnusableKeyStaysAsItIs(_ content: String) throws {
    let place = try TemporaryWorkspace()
    let vault = Vault(folder: place.url.appending(path: ".weir"), key: nil)
    try vault.set("shop", to: "hunter2")
    let file = place.url.appending(path: ".weir/key")
    let good = try String(contentsOf: file, encoding: .utf8)
    try FileManager.default.removeItem(at: file)
    if content == "folder" {
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
    } else {
      try Data(content.utf8).write(to: file)
    }
    for attempt in [
      { _ = try vault.secret(named: "shop") }, { try vault.set("other", to: "value") },
      { _ = try vault.sealed("text", as: "x") },
    ] {
      #expect {
        try attempt()
      } throws: {
        guard let problem = $0 as? Problem else { return false }
        return problem.code == "unusable-key" && problem.hint?.contains("WEIR_KEY") == true
          && problem.message.contains(".weir/key")
      }
    }
    if content != "folder" { #expect(try String(contentsOf: file, encoding: .utf8) == content) }
    try FileManager.default.removeItem(at: file)
    try Data(good.utf8).write(to: file)
    #expect(try vault.secret(named: "shop").revealed == "hunter2")
  }

  @Test func aLostKeyIsNotMadeAnewWhileSecretsNeedIt() throws {
    let place = try TemporaryWorkspace()
    let vault = Vault(folder: place.url.appending(path: ".weir"), key: nil)
    try vault.set("shop", to: "hunter2")
    let file = place.url.appending(path: ".weir/key")
    try FileManager.default.removeItem(at: file)
    #expect { try vault.set("other", to: "value") } throws: { ($0 as? Problem)?.code == "unusable-key" }
    #expect { try vault.secret(named: "shop") } throws: { ($0 as? Problem)?.code == "unusable-key" }
    #expect(!FileManager.default.fileExists(atPath: file.path))
    #expect(try vault.names() == ["shop"])
  }

  /// Whoever comes first makes the key; no secret of the others is lost.
  @Test func manyMaySetSecretsAtOnce() async throws {
    let place = try TemporaryWorkspace()
    let folder = place.url.appending(path: ".weir")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask { try Vault(folder: folder, key: nil).set("s\(number)", to: "value \(number)") }
      }
      try await group.waitForAll()
    }
    let vault = Vault(folder: folder, key: nil)
    #expect(try vault.names().count == 20)
    for number in 0..<20 { #expect(try vault.secret(named: "s\(number)").revealed == "value \(number)") }
  }
}
