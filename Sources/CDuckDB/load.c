#include "CDuckDB.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cduckdb_load(const char *path, cduckdb_functions *functions) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return strdup(dlerror());
#define DUCKDB_RESOLVE(result, name, parameters)                         \
  functions->name = (result(*) parameters)dlsym(library, "duckdb_" #name); \
  if (functions->name == NULL) return strdup("the library lacks duckdb_" #name);
  DUCKDB_FUNCTIONS(DUCKDB_RESOLVE)
#undef DUCKDB_RESOLVE
  return NULL;
}

void cduckdb_give_back_early(void) {
  // A threshold that is set doesn't grow by itself; blocks above it are mapped and unmapped one by one.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  mallopt(M_ARENA_MAX, 2);
}
