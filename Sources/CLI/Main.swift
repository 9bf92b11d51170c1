import ArgumentParser
import GRDB
import Subprocess
import Workspace
@main struct Weir: ParsableCommand { func run() {} }
