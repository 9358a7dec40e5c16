/* Windows binds a library's imports to a file name, and the program that loads the addon may be node.exe, bun.exe or an
 * application of any name. So the addon imports nothing of Node: it finds Node-API in the program that it runs in.
 * Elsewhere the dynamic linker does that, and this header is node_api.h. */
#ifndef RECURRA_HOST_H
#define RECURRA_HOST_H

#define NAPI_VERSION 8
#if defined(_WIN32)
#define NAPI_EXTERN
#endif
#include <node_api.h>

#if defined(_WIN32)
#include <windows.h>

#define HOST_FUNCTIONS(X)                                                                                    \
  X(napi_add_env_cleanup_hook) X(napi_create_array_with_length) X(napi_create_double) X(napi_create_function) \
  X(napi_create_int32) X(napi_create_object) X(napi_create_string_utf8) X(napi_get_cb_info)                   \
  X(napi_get_typedarray_info) X(napi_get_value_bool) X(napi_get_value_int32) X(napi_get_value_string_utf8)    \
  X(napi_get_value_uint32) X(napi_set_element) X(napi_set_named_property) X(napi_throw_error) X(napi_wrap)

#define HOST_POINTER(name) __typeof__(&name) name;
static struct { HOST_FUNCTIONS(HOST_POINTER) } host;

/* A program that lacks one of them cannot load the addon, and is told so by LoadLibrary. */
BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved) {
  (void)library, (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  HMODULE program = GetModuleHandleW(NULL);
#define HOST_FIND(name) \
  if (!(host.name = (__typeof__(&name))(void (*)(void))GetProcAddress(program, #name))) return FALSE;
  HOST_FUNCTIONS(HOST_FIND)
  return TRUE;
}

#define napi_add_env_cleanup_hook host.napi_add_env_cleanup_hook
#define napi_create_array_with_length host.napi_create_array_with_length
#define napi_create_double host.napi_create_double
#define napi_create_function host.napi_create_function
#define napi_create_int32 host.napi_create_int32
#define napi_create_object host.napi_create_object
#define napi_create_string_utf8 host.napi_create_string_utf8
#define napi_get_cb_info host.napi_get_cb_info
#define napi_get_typedarray_info host.napi_get_typedarray_info
#define napi_get_value_bool host.napi_get_value_bool
#define napi_get_value_int32 host.napi_get_value_int32
#define napi_get_value_string_utf8 host.napi_get_value_string_utf8
#define napi_get_value_uint32 host.napi_get_value_uint32
#define napi_set_element host.napi_set_element
#define napi_set_named_property host.napi_set_named_property
#define napi_throw_error host.napi_throw_error
#define napi_wrap host.napi_wrap
#endif

#endif
