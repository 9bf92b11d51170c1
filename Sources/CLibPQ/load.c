#include "CLibPQ.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

char *clibpq_load(const char *path, clibpq_functions *functions) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return strdup(dlerror());
#define PQ_RESOLVE(result, name, parameters)                         \
  functions->name = (result(*) parameters)dlsym(library, "PQ" #name); \
  if (functions->name == NULL) return strdup("the library lacks PQ" #name);
  PQ_FUNCTIONS(PQ_RESOLVE)
#undef PQ_RESOLVE
  return NULL;
}
