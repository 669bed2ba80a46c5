/* SPDX-License-Identifier: MIT */
#include "importer/cpython/known_code.h"

#include "importer/cpython/code_digest.h"
#include "importer/cpython/plain_dict.h"

/*
 * What known_code.py prints, of v3.11.0 to v3.11.16, v3.12.0 to v3.12.14, v3.13.0 to v3.13.15 and v3.14.0 to
 * v3.14.7. Several of one function differ by what -O and -OO leave out, or by the release.
 */
static const struct row {
	enum known_code which;
	unsigned int branch;
	uint64_t digest;
} table[] = {
	{KNOWN_WEAK_VALUE_REMOVE, 0x30b, 0x63d9ff0919196728},
	{KNOWN_WEAK_KEY_REMOVE, 0x30b, 0x59bc87b2e3add35e},
	{KNOWN_WEAK_SET_REMOVE, 0x30b, 0x668c35f78a57514c},
	{KNOWN_WEAK_SET_ITER, 0x30b, 0x49051366931819aa},
	{KNOWN_LOGGING_REMOVE, 0x30b, 0xa88f6895ff9b56ff},
	{KNOWN_LOGGING_REMOVE, 0x30b, 0x1049536d628b2ac2},
	{KNOWN_LOGGING_ACQUIRE, 0x30b, 0xec14f5a26e8402b5},
	{KNOWN_LOGGING_ACQUIRE, 0x30b, 0x6079613832158c48},
	{KNOWN_LOGGING_RELEASE, 0x30b, 0x607d5e40baba48a3},
	{KNOWN_LOGGING_RELEASE, 0x30b, 0x7d578769bdf6a9c7},
	{KNOWN_RESPONSE_CLOSE, 0x30b, 0xc462f57615a25c43},
	{KNOWN_RESPONSE_FLUSH, 0x30b, 0x6b5dcd79f7150a4b},
	{KNOWN_SOCKET_REPR, 0x30b, 0xd811f2f5cbe88945},
	{KNOWN_SOCKET_REPR, 0x30b, 0xd7c6c112578be0d0},
	{KNOWN_SOCKET_REPR, 0x30b, 0xaaa96bfe9d44a2d8},
	{KNOWN_SOCKET_REPR, 0x30b, 0x7bfd70754f7fd1a7},
	{KNOWN_SOCKET_FAMILY, 0x30b, 0xde5934431dbf8f5f},
	{KNOWN_SOCKET_FAMILY, 0x30b, 0xf33ad5d82768e14a},
	{KNOWN_SOCKET_TYPE, 0x30b, 0x362ab68d6eb41317},
	{KNOWN_SOCKET_TYPE, 0x30b, 0x56f9e3ef7825c600},
	{KNOWN_SOCKET_CONVERTER, 0x30b, 0x2468c498dcd766fe},
	{KNOWN_SOCKET_CONVERTER, 0x30b, 0x08f9db796f04af14},
	{KNOWN_LOCAL_DEL, 0x30b, 0x5c35aeb9f4b79fb1},
	{KNOWN_ANSIBLE_LOCKING, 0x30b, 0x1d068da3dd727630},
	{KNOWN_COLORAMA_GETATTR, 0x30b, 0x1cdbc506572aa945},
	{KNOWN_COLORAMA_CLOSED, 0x30b, 0x35d4ca1831f91f1f},
	{KNOWN_WEAK_VALUE_REMOVE, 0x30c, 0xf60f781950e9577a},
	{KNOWN_WEAK_KEY_REMOVE, 0x30c, 0x912490150c304d50},
	{KNOWN_WEAK_SET_REMOVE, 0x30c, 0x3cd30b85e727a757},
	{KNOWN_WEAK_SET_ITER, 0x30c, 0x7fb1d201389745ff},
	{KNOWN_LOGGING_REMOVE, 0x30c, 0x09120cdbad296758},
	{KNOWN_LOGGING_REMOVE, 0x30c, 0x20310a9d84bb3109},
	{KNOWN_LOGGING_ACQUIRE, 0x30c, 0xc91f9b4025e92db5},
	{KNOWN_LOGGING_ACQUIRE, 0x30c, 0xb2e5f331c1d7524c},
	{KNOWN_LOGGING_RELEASE, 0x30c, 0x3c25bce63a9021a3},
	{KNOWN_LOGGING_RELEASE, 0x30c, 0x28046ac729cfa3bb},
	{KNOWN_RESPONSE_CLOSE, 0x30c, 0xe4816abb54747d84},
	{KNOWN_RESPONSE_FLUSH, 0x30c, 0x380cb630cb807594},
	{KNOWN_SOCKET_REPR, 0x30c, 0x46f10864c670d62a},
	{KNOWN_SOCKET_REPR, 0x30c, 0xce6b09b86155abd7},
	{KNOWN_SOCKET_FAMILY, 0x30c, 0xc4aa988e831fe58e},
	{KNOWN_SOCKET_FAMILY, 0x30c, 0x14800b67883e3637},
	{KNOWN_SOCKET_TYPE, 0x30c, 0xc92dadc7d5d36242},
	{KNOWN_SOCKET_TYPE, 0x30c, 0x9f517d86700cac7f},
	{KNOWN_SOCKET_CONVERTER, 0x30c, 0x33dd81c006667bb9},
	{KNOWN_SOCKET_CONVERTER, 0x30c, 0x8ec39ff2aa17f075},
	{KNOWN_LOCAL_DEL, 0x30c, 0x185bc727757db0f1},
	{KNOWN_ANSIBLE_LOCKING, 0x30c, 0xfc4f4558a3cecefb},
	{KNOWN_COLORAMA_GETATTR, 0x30c, 0x40293a11c69f928c},
	{KNOWN_COLORAMA_CLOSED, 0x30c, 0x4a0e2a68b23fc43e},
	{KNOWN_WEAK_VALUE_REMOVE, 0x30d, 0x3ea38ece0559d8b0},
	{KNOWN_WEAK_KEY_REMOVE, 0x30d, 0x43afcc04678e1af6},
	{KNOWN_WEAK_SET_REMOVE, 0x30d, 0x67f41fbe2dd00774},
	{KNOWN_WEAK_SET_ITER, 0x30d, 0x46ae721f9e1ef1f6},
	{KNOWN_LOGGING_REMOVE, 0x30d, 0x2279bc0e86ac9f3f},
	{KNOWN_LOGGING_REMOVE, 0x30d, 0xb81ed9b6eed17f18},
	{KNOWN_RESPONSE_CLOSE, 0x30d, 0x4622720888403aab},
	{KNOWN_RESPONSE_FLUSH, 0x30d, 0x430504cddb15d4ed},
	{KNOWN_SOCKET_REPR, 0x30d, 0x07b876d596299778},
	{KNOWN_SOCKET_REPR, 0x30d, 0x012e771bcd5b5e08},
	{KNOWN_SOCKET_FAMILY, 0x30d, 0x28f2d50ef6ab1b21},
	{KNOWN_SOCKET_FAMILY, 0x30d, 0x76fd884ec1be4b7f},
	{KNOWN_SOCKET_TYPE, 0x30d, 0x4332be8fd4bce0a5},
	{KNOWN_SOCKET_TYPE, 0x30d, 0xc3bb8a3eb865aed7},
	{KNOWN_SOCKET_CONVERTER, 0x30d, 0xeb8bf53c53dca1d2},
	{KNOWN_SOCKET_CONVERTER, 0x30d, 0x83eb93dcd90ab277},
	{KNOWN_LOCAL_DEL, 0x30d, 0x2c8754b63282f12b},
	{KNOWN_ANSIBLE_LOCKING, 0x30d, 0x1b001cbdf02f6a50},
	{KNOWN_COLORAMA_GETATTR, 0x30d, 0x9c347e076d0e8dbc},
	{KNOWN_COLORAMA_CLOSED, 0x30d, 0x84987057a4696b43},
	{KNOWN_WEAK_VALUE_REMOVE, 0x30e, 0xc000c7eedd4400fe},
	{KNOWN_WEAK_KEY_REMOVE, 0x30e, 0x25d242084a5479a0},
	{KNOWN_WEAK_SET_REMOVE, 0x30e, 0x0d7234cfe6a966ec},
	{KNOWN_WEAK_SET_ITER, 0x30e, 0x2f043247c62956f9},
	{KNOWN_LOGGING_REMOVE, 0x30e, 0x474dcd0f26687125},
	{KNOWN_LOGGING_REMOVE, 0x30e, 0x1048ce9e907fc86e},
	{KNOWN_RESPONSE_CLOSE, 0x30e, 0xd78d446a2e242e3d},
	{KNOWN_RESPONSE_FLUSH, 0x30e, 0xbf9bb6403ec7068e},
	{KNOWN_SOCKET_REPR, 0x30e, 0xd99b16a8445f0bf9},
	{KNOWN_SOCKET_REPR, 0x30e, 0xc9ddbdf17bd52c0c},
	{KNOWN_SOCKET_FAMILY, 0x30e, 0xf3a829af3d88d0ba},
	{KNOWN_SOCKET_FAMILY, 0x30e, 0x0f0944211c5a45d0},
	{KNOWN_SOCKET_TYPE, 0x30e, 0x09c8e88f39865196},
	{KNOWN_SOCKET_TYPE, 0x30e, 0x541f7d7636a18a66},
	{KNOWN_SOCKET_CONVERTER, 0x30e, 0xd7b4e6bf7384a10d},
	{KNOWN_SOCKET_CONVERTER, 0x30e, 0x5debc8d5c075bf26},
	{KNOWN_LOCAL_DEL, 0x30e, 0x37f836baa46e31e3},
	{KNOWN_ANSIBLE_LOCKING, 0x30e, 0x9f9638d4dc53eb3e},
	{KNOWN_COLORAMA_GETATTR, 0x30e, 0xc368a763b4db3fd6},
	{KNOWN_COLORAMA_CLOSED, 0x30e, 0xc698ea0611ea2eec},
};

static enum known_code find_in_table(uint64_t digest)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].branch == COMPAT_BRANCH && table[i].digest == digest)
			return table[i].which;
	return KNOWN_NONE;
}

enum { PLACE_BITS = 4 };

/* What was found of the last codes, each in its place, for thousands of functions may share one. */
static struct place {
	const PyCodeObject *code;
	enum known_code which;
} places[1 << PLACE_BITS];

void known_code_start(void)
{
	memset(places, 0, sizeof(places));
}

static enum known_code identify(PyCodeObject *code)
{
	const uint64_t hash = (uint64_t)(uintptr_t)code * UINT64_C(0x9e3779b97f4a7c15);
	struct place *const place = &places[hash >> (64 - PLACE_BITS)];

	if (place->code != code)
		*place = (struct place){code, find_in_table(code_digest(code))};
	return place->which;
}

/*
 * Whether no global variable stands for a built-in function that the code may call. Names of attributes are among
 * the code's as well, which makes this false once too often at most.
 */
static bool has_usual_builtins(PyObject *globals, const PyFunctionObject *function)
{
	PyObject *const names = ((PyCodeObject *)function->func_code)->co_names;
	PyObject *const builtins = PyEval_GetBuiltins();

	if (function->func_builtins != builtins || !plain_dict_is(builtins) ||
	    !plain_dict_is(globals))
		return false;
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
		PyObject *const name = PyTuple_GET_ITEM(names, i);
		if (PyDict_Contains(builtins, name) != 0 && PyDict_Contains(globals, name) != 0)
			return false;
	}
	return true;
}

bool known_code_is(PyObject *function, PyObject *globals, enum known_code which)
{
	if (!PyFunction_Check(function) || globals == NULL ||
	    PyFunction_GetGlobals(function) != globals)
		return false;
	return identify((PyCodeObject *)PyFunction_GetCode(function)) == which &&
	       has_usual_builtins(globals, (PyFunctionObject *)function);
}
