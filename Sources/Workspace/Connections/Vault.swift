import Foundation
import Glibc
import Pipelines

/// Secrets by name, encrypted at rest in `.weir/secrets.json`. The key is `WEIR_KEY` (base64), else the file `.weir/key`.
package struct Vault: SecretLookup {
  private let folder: URL
  private let givenKey: String?

  package init(folder: URL, key: String?) {
    self.folder = folder
    givenKey = key
  }

  private var file: URL { folder.appending(path: "secrets.json") }

  package func names() throws -> [String] { try sealed().keys.sorted() }

  package func set(_ name: String, to value: String) throws {
    guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.-]*/) != nil else {
      throw Problem(
        "wrong-name", "\"\(name)\" can't be the name of a secret.",
        hint: "Use letters, digits, _, - and ., and begin with a letter.")
    }
    try locked {
      var all = try sealed()
      all[name] = Data(try Sealing(key: newOrOldKey()).seal(value, as: name)).base64EncodedString()
      try write(all)
    }
  }

  /// - Throws: `unknown-secret`.
  package func delete(_ name: String) throws {
    try locked {
      var all = try sealed()
      guard all.removeValue(forKey: name) != nil else { throw unknown(name, among: Array(all.keys)) }
      try write(all)
    }
  }

  package func secret(named name: String) throws(Problem) -> Secret {
    let all: [String: String]
    do { all = try sealed() } catch { throw Problems.of(error)[0] }
    guard let text = all[name], let bytes = Data(base64Encoded: text) else {
      throw unknown(name, among: Array(all.keys))
    }
    return Secret(try Sealing(key: key()).open(Array(bytes), as: name))
  }

  /// `text`, encrypted if it holds a secret value. `opened` gives it back.
  package func sealed(_ text: PipelineText, _ redactor: Redactor) throws -> String {
    redactor.isSecret(in: text.text) ? try sealed(text.text, as: text.hash) : text.text
  }

  /// `text`, encrypted. `opened` gives it back under the same name.
  package func sealed(_ text: String, as name: String) throws -> String {
    Vault.mark + Data(try locked { try Sealing(key: newOrOldKey()).seal(text, as: name) }).base64EncodedString()
  }

  package func opened(_ text: String, as name: String) throws -> String {
    guard text.hasPrefix(Vault.mark), let bytes = Data(base64Encoded: String(text.dropFirst(Vault.mark.count))) else {
      return text
    }
    return try Sealing(key: key()).open(Array(bytes), as: name)
  }

  private static let mark = "sealed:"

  private func unknown(_ name: String, among names: [String]) -> Problem {
    Problem(
      "unknown-secret", "There is no secret \"\(name)\".",
      hint: Nearest.hint(name, among: names) ?? "Add it with weir secrets set \(name).")
  }

  private func sealed() throws -> [String: String] {
    guard FileManager.default.fileExists(atPath: file.path) else { return [:] }
    do {
      return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    } catch {
      throw Problem("damaged-file", "The file \(file.path) can't be read as JSON.", cause: error)
    }
  }

  private func write(_ all: [String: String]) throws { try PrivateFile.write(Document.text(all) + "\n", to: file) }

  private var keyFile: KeyFile { KeyFile(url: folder.appending(path: "key")) }

  /// - Throws: `unusable-key` if there is none: what is sealed can't be opened with a new one.
  private func key() throws(Problem) -> [UInt8] {
    if let key = try oldKey() { return key }
    throw keyFile.unusable("is gone", among: file)
  }

  private func oldKey() throws(Problem) -> [UInt8]? {
    if let givenKey { return try KeyFile.key(in: givenKey) }
    return try keyFile.read()
  }

  /// The key, made now if there is none and nothing was sealed with one. Only under the lock.
  private func newOrOldKey() throws -> [UInt8] {
    if let key = try oldKey() { return key }
    guard try sealed().isEmpty else { throw keyFile.unusable("is gone", among: file) }
    return try keyFile.make()
  }

  /// One change at a time, also among processes.
  private func locked<Answer>(_ change: () throws -> Answer) throws -> Answer {
    let lock = try FolderLock(folder.appending(path: "vault.lock"))
    defer { lock.release() }
    return try change()
  }
}
