#include "bench/rivals/nginx.hpp"

#include <fstream>

namespace bench {
namespace {

/// One worker that keeps files open, logs nothing and closes no connection by itself.
std::string settings(const std::string& folder, const std::string& port) {
    std::string text =
        "daemon off; master_process off; error_log /dev/null;\n"
        "events { worker_connections 16384; }\n"
        "http {\n"
        "  access_log off; sendfile on; tcp_nodelay on; open_file_cache max=64;\n"
        "  keepalive_requests 1000000000; types { }\n"
        "  server { listen 127.0.0.1:" +
        port + "; root " + folder + "; }\n";
    for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += std::string("  ") + name + "_temp_path " + folder + "/" + name + ";\n";
    return "pid " + folder + "/pid;\n" + text + "}\n";
}

}  // namespace

served serve_nginx(const std::string& folder, int processor) {
    const std::string path = wanted("nginx", "nginx");
    std::string port = free_port();
    const std::string file = folder + "/nginx.conf";
    std::ofstream(file) << settings(folder, port);
    auto process = std::make_unique<child>(
        path, std::vector<std::string>{"-p", folder, "-e", "/dev/null", "-c", file}, processor);
    served server{std::move(process), std::move(port)};
    wait_for_door(server);
    return server;
}

}  // namespace bench
