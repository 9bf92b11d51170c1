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
}
