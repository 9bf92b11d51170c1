import Foundation

/// Paths with `*`, `?`, `[…]` and `**` (any depth of folders).
enum FilePattern {
  static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

  /// The existing files that match an absolute pattern. Hidden ones match only where the pattern names the dot.
  static func matches(_ pattern: String) -> [String] {
    var folders: Set<String> = [""]
    let parts = pattern.split(separator: "/").map(String.init)
    for (place, part) in parts.enumerated() {
      var next: Set<String> = []
      for folder in folders {
        if part == "**" {
          next.formUnion(subfolders(of: folder))
        } else if isPattern(part) {
          for name in names(in: folder) where fnmatch(part, name, FNM_PERIOD) == 0 { next.insert(folder + "/" + name) }
        } else {
          next.insert(folder + "/" + part)
        }
      }
      folders = place == parts.count - 1 ? next : next.filter(isFolder)
    }
    return folders.filter { FileManager.default.fileExists(atPath: $0) && !isFolder($0) }.sorted()
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "/" : folder)) ?? []
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path.isEmpty ? "/" : path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func subfolders(of folder: String) -> Set<String> {
    var found: Set<String> = [folder]
    for name in names(in: folder) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      let isLink =
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeSymbolicLink
      if isFolder(path), !isLink { found.formUnion(subfolders(of: path)) }
    }
    return found
  }
}
